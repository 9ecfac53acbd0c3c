"""The feeds service's web process."""

from fastapi import FastAPI

from services.feeds import api
from services.feeds.web import ROUTES
from shared.web import app as web


def create_app() -> FastAPI:
    """Return the application; it needs no server until it is asked something."""
    app = web.create("Pabal feeds")
    app.include_router(api.router)
    app.router.routes.extend(ROUTES)
    return app
