"""Health: is the process up, and can it work? Needs no key and tells nothing secret."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from shared.db.engine import is_away, transaction
from shared.db.migrate import current, newest
from shared.redis import AWAY, redis

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Answer 200 while the process runs."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"description": "The database is away or not migrated"}})
def readyz() -> JSONResponse:
    """Answer 200 when the database is reachable and migrated; Redis away is ``degraded``."""
    database = _database()
    broker = _broker()
    status = "ok" if broker == "ok" else "degraded"
    if database != "ok":
        return JSONResponse(
            {"status": "unavailable", "database": database, "redis": broker},
            503,
            {"Retry-After": "2"},
        )
    return JSONResponse({"status": status, "database": database, "redis": broker})


def _database() -> str:
    try:
        with transaction() as connection:
            return "ok" if current(connection) == newest() else "not migrated"
    except Exception as error:
        if is_away(error):
            return "away"
        raise


def _broker() -> str:
    try:
        redis().ping()
    except AWAY:
        return "away"
    return "ok"
