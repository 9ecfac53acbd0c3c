"""The ingest service's web process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.ingest import api, schemas
from services.ingest.doorbell import Doorbell
from services.ingest.sources import api as sources_api
from shared import broker
from shared.web import app as web


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    broker.connect()
    app.state.doorbell = Doorbell()
    app.state.doorbell.start()
    yield
    app.state.doorbell.close()


def create_app() -> FastAPI:
    """Return the application; it needs no server until it is asked something."""
    app = web.create("Pabal ingest", lifespan=_lifespan)
    app.include_router(api.router)
    app.include_router(schemas.router)
    app.include_router(sources_api.router)
    return app
