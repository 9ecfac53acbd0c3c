"""The door: what lies on the shelf leaves before anything else is done for a request."""

from starlette.types import Scope

from services.feeds.serving.answer import Answer, asked
from services.feeds.serving.shelf import Shelf

_READING = frozenset({"GET", "HEAD"})


class Door:
    """Knows what can be answered from the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def __call__(self, scope: Scope) -> Answer | None:
        """Return the answer to a request; None where that takes more than a look."""
        if scope["type"] != "http" or scope["method"] not in _READING:
            return None
        ready = self._shelf.fresh(scope["path"])
        if ready is None:
            return None
        wanted = asked(scope["headers"])
        return None if wanted.wants_difference else ready.at_once(wanted)
