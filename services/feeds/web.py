"""Feed documents over HTTP: plain Starlette routes, since a framework's care is not needed."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feeds import private, public
from services.feeds.definition import Definition, page_number, parse
from services.feeds.digest import pages
from services.feeds.render.formats import Format
from services.feeds.serving.answer import Answer, Ready, asked
from services.feeds.serving.conditional import tags
from services.feeds.serving.respond import from_shelf, respond
from shared.errors import NotFound
from shared.settings import settings

FRESH = timedelta(minutes=15)
"""For how long a reader may keep a public document without asking."""

_SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link, IM, Delta-Base",
    "Vary": "A-IM",
}
_PUBLIC = {**_SHARED, "Cache-Control": f"public, max-age={int(FRESH.total_seconds())}"}
# The open page of an archive gets more, and an archive's reader asks only once.
_ARCHIVE = {**_SHARED, "Cache-Control": "public, max-age=60"}
# A cache between that does not know differences must not take one for the document.
_DIFFERENCE = {**_SHARED, "Cache-Control": "no-store", "IM": "feed"}
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since, A-IM, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


async def public_feed(request: Request) -> Answer:
    """Serve a public feed's document, or what is new in it since the client's (RFC 3229)."""
    named = parse(request.path_params["path"])
    if named is None:
        raise NotFound("there is no such feed: /feeds lists them")
    definition, form = named
    path = request.scope["path"]
    wanted = asked(request.scope["headers"])
    ready = await from_shelf(request, path, partial(_whole, definition, form))
    if wanted.wants_difference and not ready.holds(wanted):
        base = await run_in_threadpool(
            public.version, definition, form, tags(wanted.if_none_match or "")
        )
        if base is not None:
            make = partial(_difference, definition, form, base)
            ready = await from_shelf(request, (path, base.etag), make)
    return await respond(request, ready)


async def public_page(request: Request) -> Answer:
    """Serve a page of a public feed's archive."""
    named = parse(request.path_params["path"])
    number = page_number(request.path_params["number"])
    if named is None or number is None:
        raise NotFound("there is no such page")
    make = partial(_page, *named, number)
    return await respond(request, await from_shelf(request, request.scope["path"], make))


async def preflight(_: Request) -> Response:
    """Let scripts of other sites ask with validators (Fetch, section 4.8)."""
    return Response(status_code=204, headers=_PREFLIGHT)


async def private_feed(request: Request) -> Answer:
    """Serve a partner's private document; the token stands in the path, or comes as Bearer."""
    return await _private(request, None)


async def private_page(request: Request) -> Answer:
    """Serve a page of a private feed's archive."""
    number = page_number(request.path_params["number"])
    if number is None:
        raise NotFound("nothing is here")
    return await _private(request, number)


async def _private(request: Request, page: int | None) -> Answer:
    name, place = request.path_params["name"], request.path_params["token"]
    document = await run_in_threadpool(private.find, _token(request), name, place, page)
    return await respond(request, Ready(document, _PRIVATE, dated=False))


async def private_digests(request: Request) -> Response:
    """List a partner's digests as a page."""
    return await _paged(request, partial(private.digest_list, _token(request)))


async def private_digest(request: Request) -> Response:
    """Serve one of a partner's digests as a page."""
    find = partial(private.digest_page, _token(request), request.path_params["id"])
    return await _paged(request, find)


async def digest(request: Request) -> Response:
    """Serve the issue that an opaque link opens."""
    return await _paged(request, partial(pages.opened, request.path_params["opaque"]))


async def _paged(request: Request, find: Callable[[int], str]) -> Response:
    number = page_number(request.query_params.get("page", "1"))
    if number is None:
        raise NotFound("there is no such page")
    html = await run_in_threadpool(find, number)
    return Response(html, media_type="text/html", headers={**_PRIVATE, **_PAGE})


def _whole(definition: Definition, form: Format, before: Ready | None) -> Ready:
    known = None if before is None else before.document
    document = public.find(definition, form, known)
    if before is not None and document is known:
        return before
    return Ready(document, {**_PUBLIC, **_link(definition, form)})


def _page(definition: Definition, form: Format, number: int, _: Ready | None) -> Ready:
    document = public.page(definition, form, number)
    return Ready(document, {**_ARCHIVE, **_link(definition, form, number)})


def _difference(
    definition: Definition, form: Format, base: public.Version, _: Ready | None
) -> Ready:
    document = public.since(definition, form, base)
    headers = {**_DIFFERENCE, **_link(definition, form), "Delta-Base": base.etag}
    return Ready(document, headers, status=HTTPStatus.IM_USED)


def _link(definition: Definition, form: Format, page: int | None = None) -> dict[str, str]:
    return {"Link": f'<{settings().base_url}{definition.path(form, page)}>; rel="self"'}


def _token(request: Request) -> str:
    token: str = request.path_params["token"]
    if token != "-":  # noqa: S105  # says that the token comes as Bearer
        return token
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else ""


ROUTES = [
    Route("/feeds/archive/{number}/{path:path}", public_page, methods=["GET"]),
    Route("/feeds/{path:path}", public_feed, methods=["GET"]),
    Route("/feeds/{path:path}", preflight, methods=["OPTIONS"]),
    Route("/p/{token}/digests", private_digests, methods=["GET"]),
    Route("/p/{token}/digests/{id}", private_digest, methods=["GET"]),
    Route("/p/{token}/archive/{number}/{name}", private_page, methods=["GET"]),
    Route("/p/{token}/{name}", private_feed, methods=["GET"]),
    Route("/d/{opaque}", digest, methods=["GET"]),
]
"""GET routes; Starlette answers HEAD by them too."""
