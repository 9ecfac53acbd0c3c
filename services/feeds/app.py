"""The feeds service's web process."""

from fastapi import FastAPI

from services.feeds import api, calendar_api
from services.feeds import web as documents
from services.feeds.mail import api as suppressions
from services.feeds.mail import hand_api
from services.feeds.mail import web as mail
from services.feeds.serving.door import Door
from services.feeds.serving.shelf import Shelf
from services.feeds.site import web as site
from shared.web import app as web


def create_app() -> FastAPI:
    """Return the application; it needs no server until it is asked something."""
    shelf = Shelf()
    app = web.create("Pabal feeds", front=Door(shelf))
    app.state.shelf = shelf
    app.include_router(api.router)
    app.include_router(calendar_api.router)
    app.include_router(suppressions.router)
    app.include_router(hand_api.router)
    # Its names below /feeds come before those of feeds.
    app.router.routes.extend([*site.ROUTES, *documents.ROUTES, *mail.ROUTES])
    return app
