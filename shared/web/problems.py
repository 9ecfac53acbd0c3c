"""RFC 9457 problem documents: every answer of 400 and above."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from shared.db.engine import is_away
from shared.errors import FieldError, Invalid, PabalError, Unavailable
from shared.settings import settings
from shared.text import masked

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)


def install(app: Starlette) -> None:
    """Make the application answer every error with a problem document."""
    app.add_exception_handler(PabalError, _refusal)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(DBAPIError, _unexpected)
    app.add_exception_handler(PoolTimeoutError, _unexpected)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    error: PabalError, instance: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return the answer for a refusal of one request: nobody keeps it, and it echoes no secret."""
    document: dict[str, Any] = {
        "type": f"{settings().base_url}/problems/{error.name}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": masked(instance),
    }
    if error.errors:
        document["errors"] = [_field(field) for field in error.errors]
    extra = {"Cache-Control": "no-store", **(headers or {})}
    if error.retry_after is not None:
        extra["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        extra["WWW-Authenticate"] = 'Bearer realm="pabal"'
    return JSONResponse(document, error.status, extra, media_type=MEDIA_TYPE)


def _field(field: FieldError) -> dict[str, str]:
    shown = {"field": field.field, "message": field.message}
    return shown if field.value is None else {**shown, "value": field.value}


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PabalError)
    return problem(error, request.scope["path"])


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    refusal = PabalError(str(error.detail or status.phrase))
    refusal.status = status.value
    refusal.title = status.phrase
    refusal.name = status.phrase.lower().replace(" ", "-")
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return problem(refusal, request.scope["path"], headers)


def _methods(request: Request) -> set[str]:
    """Return what the address takes: each of its routes knows only its own methods."""
    return {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [
        FieldError(".".join(str(part) for part in fault["loc"][1:]), str(fault["msg"]))
        for fault in error.errors()
    ]
    names = ", ".join(sorted({field.field for field in fields}))
    return problem(Invalid(f"check: {names}", fields), request.scope["path"])


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    if is_away(error):
        _log.warning("database away", error=type(error).__name__, path=request.scope["path"])
        refusal: PabalError = Unavailable("the database is away; nothing was stored")
    else:
        _log.error("unexpected error", exc_info=error, path=request.scope["path"])
        refusal = PabalError("an unexpected error was logged with this request's id")
    return problem(refusal, request.scope["path"])
