"""Pages, OPML and the sitemap over HTTP."""

from collections.abc import Mapping
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feeds.conditional import http_date, is_current
from services.feeds.documents import Document
from services.feeds.site import directory, news, outlines, paths, posts
from services.feeds.site.words import Words, for_reader
from shared.clock import utc_now

FRESH = timedelta(minutes=1)
"""For how long an answer may be kept without asking: a withdrawn post is soon gone from it."""

_PUBLIC = {"Cache-Control": f"public, max-age={int(FRESH.total_seconds())}"}
_BY_LANGUAGE = {**_PUBLIC, "Vary": "Accept-Language"}
_NOSNIFF = {"X-Content-Type-Options": "nosniff"}


async def directory_page(request: Request) -> Response:
    """List the public feeds for people, in Korean or English."""
    words = _words(request)
    document = await run_in_threadpool(directory.find, words)
    headers = {**_BY_LANGUAGE, **directory.PAGE.headers, "Content-Language": words.language}
    return _answer(request, document, {**headers, **_modified(document)})


async def opml(request: Request) -> Response:
    """List the public feeds for feed readers."""
    document = await run_in_threadpool(outlines.find, _words(request))
    headers = {**_BY_LANGUAGE, **_NOSNIFF, "Access-Control-Allow-Origin": "*"}
    return _answer(request, document, {**headers, **_modified(document)})


async def news_sitemap(request: Request) -> Response:
    """List what was published in the last two days for search engines.

    Posts leave it by the mere course of time, of which no ``Last-Modified`` tells.
    """
    document = await run_in_threadpool(news.find, utc_now())
    return _answer(request, document, {**_PUBLIC, **_NOSNIFF})


async def post_page(request: Request) -> Response:
    """Show a public post; its id travels percent-encoded."""
    document = await run_in_threadpool(posts.find, request.path_params["id"])
    headers = {**_PUBLIC, **posts.PAGE.headers, **_modified(document)}
    return _answer(request, document, headers)


def _words(request: Request) -> Words:
    accepted = request.headers.get("accept-language", "")
    return for_reader(request.query_params.get("lang"), accepted)


def _modified(document: Document) -> dict[str, str]:
    return {"Last-Modified": http_date(document.last_modified)}


def _answer(request: Request, document: Document, headers: Mapping[str, str]) -> Response:
    validators = {"ETag": document.etag, **headers}
    since = request.headers.get("if-modified-since") if "Last-Modified" in headers else None
    if is_current(document, request.headers.get("if-none-match"), since):
        return Response(status_code=304, headers=validators)
    return Response(document.body, headers={**validators, "Content-Type": document.media_type})


ROUTES = [
    Route(paths.DIRECTORY, directory_page, methods=["GET"]),
    Route(paths.OPML, opml, methods=["GET"]),
    Route(paths.NEWS, news_sitemap, methods=["GET"]),
    Route("/posts/{id:path}", post_page, methods=["GET"]),
]
"""GET routes; Starlette answers HEAD by them too."""
