"""The application that every HTTP service starts from."""

import re
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.web import health, problems

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def create(title: str, *, lifespan: Lifespan[Any] | None = None) -> FastAPI:
    """Return an application with problem documents, request ids and health routes."""
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    problems.install(app)
    app.include_router(health.router)
    app.add_middleware(RequestId)
    return app


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

        await self._app(scope, receive, named)
