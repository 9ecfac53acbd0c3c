"""Feed documents over HTTP: plain Starlette routes, since a framework's care is not needed."""

from datetime import timedelta

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feeds import cache, directory, documents, private
from services.feeds.conditional import http_date, is_current
from services.feeds.definition import Definition, page_number, parse
from services.feeds.digest import pages
from services.feeds.documents import Document
from services.feeds.render.formats import Format
from shared.errors import NotFound
from shared.redis import AWAY, redis
from shared.settings import settings

FRESH = timedelta(minutes=15)
"""For how long a reader may keep a public document without asking."""

_PUBLIC = {
    "Cache-Control": f"public, max-age={int(FRESH.total_seconds())}",
    "Access-Control-Allow-Origin": "*",
}
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_DIRECTORY = {
    "Content-Security-Policy": directory.CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Vary": "Accept-Language",
}
_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:",
    "X-Content-Type-Options": "nosniff",
}
_log = structlog.get_logger(__name__)


async def directory_page(request: Request) -> Response:
    """List the public feeds for people, in Korean or English."""
    given = request.headers.get("accept-language", "")
    language = directory.language(request.query_params.get("lang"), given)
    document = await run_in_threadpool(directory.page, language)
    return _answer(request, document, {**_PUBLIC, **_DIRECTORY, "Content-Language": language})


async def public_feed(request: Request) -> Response:
    """Serve a public feed's document."""
    named = parse(request.path_params["path"])
    if named is None:
        raise NotFound("there is no such feed: /feeds lists them")
    document = await run_in_threadpool(find, *named)
    link = f'<{settings().base_url}{named[0].path(named[1])}>; rel="self"'
    return _answer(request, document, {**_PUBLIC, "Link": link})


async def public_page(request: Request) -> Response:
    """Serve a page of a public feed's archive."""
    named = parse(request.path_params["path"])
    number = page_number(request.path_params["number"])
    if named is None or number is None:
        raise NotFound("there is no such page")
    document = await run_in_threadpool(documents.public, *named, number)
    link = f'<{settings().base_url}{named[0].path(named[1], number)}>; rel="self"'
    return _answer(request, document, {**_PUBLIC, "Link": link})


async def private_feed(request: Request) -> Response:
    """Serve a partner's private document; the token stands in the path, or comes as Bearer."""
    name, place = request.path_params["name"], request.path_params["token"]
    document = await run_in_threadpool(private.find, _token(request), name, place)
    return _answer(request, document, _PRIVATE)


async def private_page(request: Request) -> Response:
    """Serve a page of a private feed's archive."""
    name, place = request.path_params["name"], request.path_params["token"]
    number = page_number(request.path_params["number"])
    if number is None:
        raise NotFound("nothing is here")
    document = await run_in_threadpool(private.find, _token(request), name, place, number)
    return _answer(request, document, _PRIVATE)


async def private_digest(request: Request) -> Response:
    """Serve one of a partner's digests as a page."""
    id = request.path_params["id"]
    html = await run_in_threadpool(private.digest_page, _token(request), id)
    return Response(html, media_type="text/html", headers={**_PRIVATE, **_PAGE})


async def digest(request: Request) -> Response:
    """Serve the issue that an opaque link opens."""
    html = await run_in_threadpool(pages.opened, request.path_params["opaque"])
    return Response(html, media_type="text/html", headers={**_PRIVATE, **_PAGE})


def find(definition: Definition, form: Format) -> Document:
    """Return a public document: from Redis, else rendered on the spot.

    Raises ``NotFound`` for a feed that was never used.
    """
    path = definition.path(form)
    try:
        held = cache.get(redis(), path)
    except AWAY as error:
        _log.info("cache away", error=type(error).__name__)
        held = None
    if held is not None:
        return held
    rendered = documents.public(definition, form)
    try:
        cache.put(redis(), path, rendered)
    except AWAY as error:
        _log.info("cache away", error=type(error).__name__)
    return rendered


def _answer(request: Request, document: Document, headers: dict[str, str]) -> Response:
    validators = {"ETag": document.etag, **headers}
    since = None
    # What a partner sees changes with its interest too, of which no date tells.
    if headers is not _PRIVATE:
        validators["Last-Modified"] = http_date(document.last_modified)
        since = request.headers.get("if-modified-since")
    if is_current(document, request.headers.get("if-none-match"), since):
        return Response(status_code=304, headers=validators)
    return Response(document.body, headers={**validators, "Content-Type": document.media_type})


def _token(request: Request) -> str:
    token: str = request.path_params["token"]
    if token != "-":  # noqa: S105  # says that the token comes as Bearer
        return token
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else ""


ROUTES = [
    Route("/feeds", directory_page, methods=["GET"]),
    Route("/feeds/archive/{number}/{path:path}", public_page, methods=["GET"]),
    Route("/feeds/{path:path}", public_feed, methods=["GET"]),
    Route("/p/{token}/digests/{id}", private_digest, methods=["GET"]),
    Route("/p/{token}/archive/{number}/{name}", private_page, methods=["GET"]),
    Route("/p/{token}/{name}", private_feed, methods=["GET"]),
    Route("/d/{opaque}", digest, methods=["GET"]),
]
"""GET routes; Starlette answers HEAD by them too."""
