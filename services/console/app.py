"""The console service's web process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.console import api
from shared import broker
from shared.web import app as web


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    broker.connect()
    yield


def create_app() -> FastAPI:
    """Return the application; it needs no server until it is asked something."""
    app = web.create("Pabal console", lifespan=_lifespan)
    app.include_router(api.router)
    return app
