"""Pages, OPML and the sitemap over HTTP."""

from collections.abc import Callable
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from services.feeds.serving.answer import Answer, Ready
from services.feeds.serving.respond import from_shelf, respond
from services.feeds.site import directory, news, outlines, paths, posts
from services.feeds.site.words import Words, for_reader
from shared.clock import utc_now

FRESH = timedelta(minutes=1)
"""For how long an answer may be kept without asking: a withdrawn post is soon gone from it."""

_PUBLIC = {"Cache-Control": f"public, max-age={int(FRESH.total_seconds())}"}
_BY_LANGUAGE = {**_PUBLIC, "Vary": "Accept-Language"}
_NOSNIFF = {"X-Content-Type-Options": "nosniff"}


async def directory_page(request: Request) -> Answer:
    """List the public feeds for people, in Korean or English."""
    words = _words(request)
    headers = {**_BY_LANGUAGE, **directory.PAGE.headers, "Content-Language": words.language}
    return await _shared(request, lambda: Ready(directory.find(words), headers))


async def opml(request: Request) -> Answer:
    """List the public feeds for feed readers."""
    words = _words(request)
    headers = {**_BY_LANGUAGE, **_NOSNIFF, "Access-Control-Allow-Origin": "*"}
    return await _shared(request, lambda: Ready(outlines.find(words), headers))


async def news_sitemap(request: Request) -> Answer:
    """List what was published in the last two days for search engines.

    Posts leave it by the mere course of time, of which no ``Last-Modified`` tells.
    """
    headers = {**_PUBLIC, **_NOSNIFF}
    return await _shared(request, lambda: Ready(news.find(utc_now()), headers, dated=False))


async def post_page(request: Request) -> Answer:
    """Show a public post; its id travels percent-encoded."""
    # Never from the shelf: it is gone with the answer to its withdrawal.
    document = await run_in_threadpool(posts.find, request.path_params["id"])
    return await respond(request, Ready(document, {**_PUBLIC, **posts.PAGE.headers}))


async def _shared(request: Request, make: Callable[[], Ready]) -> Answer:
    """Answer from the shelf, where each language has a place of its own."""
    name = (request.scope["path"], _words(request).language)
    return await respond(request, await from_shelf(request, name, lambda _: make()))


def _words(request: Request) -> Words:
    accepted = request.headers.get("accept-language", "")
    return for_reader(request.query_params.get("lang"), accepted)


ROUTES = [
    Route(paths.DIRECTORY, directory_page, methods=["GET"]),
    Route(paths.OPML, opml, methods=["GET"]),
    Route(paths.NEWS, news_sitemap, methods=["GET"]),
    Route("/posts/{id:path}", post_page, methods=["GET"]),
]
"""GET routes; Starlette answers HEAD by them too."""
