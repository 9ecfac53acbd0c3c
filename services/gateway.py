"""One port for all services: routes each request by its path, as production's gateway does."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web import problems

_ROUTES = (
    (re.compile(r"/v1/partners/[^/]+/(digests|suppressions)(/.*)?"), "feeds"),
    (re.compile(r"/v1/digests(/.*)?"), "feeds"),
    (re.compile(r"/(v1/(posts|sources)|schemas)(/.*)?"), "ingest"),
    (re.compile(r"/v1/(partners|endpoints|deliveries)(/.*)?"), "notify"),
    (re.compile(r"/(feeds|posts|p|d|u)(/.*)?"), "feeds"),
    (re.compile(r"/sitemap-news\.xml"), "feeds"),
)
_OTHERWISE = "console"


def service_of(path: str) -> str:
    """Return the service that answers a path; the first route that fits says so.

    >>> service_of("/v1/partners/harbour/digests/preview")
    'feeds'
    >>> service_of("/healthz")
    'console'
    """
    return next((name for route, name in _ROUTES if route.fullmatch(path)), _OTHERWISE)


def combine(apps: Mapping[str, FastAPI]) -> Starlette:
    """Return one application that passes each request to the service it is for."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[service_of(scope["path"])](scope, receive, send)

    async def openapi(_: Request) -> JSONResponse:
        return JSONResponse(merged_openapi([app.openapi() for app in apps.values()]))

    app = _Gateway(dispatch, routes=[Route("/openapi.json", openapi)], lifespan=lifespan)
    problems.install(app)
    return app


class _Gateway(Starlette):
    """Passes every request on but those for its own routes, with nothing done to it."""

    def __init__(self, dispatch: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._dispatch = dispatch
        self._own = {route.path for route in self.routes if isinstance(route, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = scope["type"] != "http" or scope["path"] in self._own
        await (super().__call__ if own else self._dispatch)(scope, receive, send)


def merged_openapi(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one OpenAPI document of several: their paths, schemas and security schemes."""
    merged: dict[str, Any] = {**documents[0], "paths": {}, "components": {}}
    merged["info"] = {**documents[0]["info"], "title": "Pabal"}
    for document in documents:
        merged["paths"].update(document["paths"])
        for kind, named in document.get("components", {}).items():
            merged["components"].setdefault(kind, {}).update(named)
    return merged
