"""A document's answer to a request, packed in a thread where it has to be."""

from collections.abc import Hashable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from services.feeds.serving.answer import Answer, Ready, asked
from services.feeds.serving.shelf import Make, Shelf


async def respond(request: Request, ready: Ready) -> Answer:
    """Return the answer of a document that is there."""
    return await run_in_threadpool(ready.answer, asked(request.scope["headers"]))


async def from_shelf(request: Request, name: Hashable, make: Make) -> Ready:
    """Return what lies on the application's shelf under a name, made where it does not."""
    shelf: Shelf = request.app.state.shelf
    return await shelf.get(name, make)
