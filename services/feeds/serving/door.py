"""The door: what lies on the shelf leaves before anything else is done for a request."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.feeds.serving.answer import Answer, asked
from services.feeds.serving.shelf import Shelf

_READING = frozenset({"GET", "HEAD"})


class Door:
    """Answers from the shelf where it can; passes everything else on."""

    def __init__(self, app: ASGIApp, shelf: Shelf) -> None:
        self._app = app
        self._shelf = shelf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        answer = self._at_once(scope)
        await (self._app if answer is None else answer)(scope, receive, send)

    def _at_once(self, scope: Scope) -> Answer | None:
        if scope["type"] != "http" or scope["method"] not in _READING:
            return None
        ready = self._shelf.fresh(scope["path"])
        if ready is None:
            return None
        wanted = asked(scope["headers"])
        return None if wanted.wants_difference else ready.at_once(wanted)
