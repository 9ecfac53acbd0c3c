"""The notify service's web process."""

from fastapi import FastAPI

from services.notify import delivery_api, endpoint_api, partner_api
from shared.web import app as web


def create_app() -> FastAPI:
    """Return the application; it needs no server until it is asked something."""
    app = web.create("Pabal notify")
    for api in (partner_api, endpoint_api, delivery_api):
        app.include_router(api.router)
    return app
