"""The application that every HTTP service starts from."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from shared.errors import Malformed, Unavailable
from shared.ids import new_id
from shared.web import health, problems
from shared.web.openapi import Described

ANSWER_SECONDS = 10.0
"""Within which a request is answered, be it by 503."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


Front = Callable[[Scope], ASGIApp | None]
"""Returns what answers a request at once, if anything does."""


def create(
    title: str, *, lifespan: Lifespan[Any] | None = None, front: Front | None = None
) -> FastAPI:
    """Return an application with problem documents, request ids and health routes.

    ``front`` is asked first: what it answers goes through none of that.
    """
    app = Fronted(
        front=front,
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # A redirect names the address again, with the token in it and perhaps without TLS.
        redirect_slashes=False,
    )
    problems.install(app)
    app.include_router(health.router)
    app.add_middleware(Deadline)
    app.add_middleware(RequestId)
    return app


class Fronted(Described):
    """An application with something before all its middleware."""

    def __init__(self, front: Front | None, **options: Any) -> None:
        super().__init__(**options)
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or by all that an application is."""
        at_once = None if self._front is None else self._front(scope)
        await (at_once or super().__call__)(scope, receive, send)


class Deadline:
    """Answers 503 where a request has no answer in time, as with a database that hangs.

    The work itself may still end; so the answer does not say that nothing happened.
    """

    def __init__(self, app: ASGIApp, seconds: float = ANSWER_SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on for so long; an upload that is still coming has its own limits."""
        if scope["type"] != "http" or scope["path"].endswith("/batch"):
            await self._app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds):
                await self._app(scope, receive, noted)
        except TimeoutError:
            if started:
                raise
            late = Unavailable("there was no answer in time; repeat the request to be sure")
            await problems.problem(late, scope["path"])(scope, receive, send)


class RequestId:
    """Names each request in every log line and in its answer; takes the caller's own name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its name."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id("req")
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(process="web", request_id=request_id)
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            refusal = Malformed("the address holds a NUL character, which nothing here is named by")
            await problems.problem(refusal, scope["path"].replace("\0", "%00"))(
                scope, receive, named
            )
            return
        await self._app(scope, receive, named)
