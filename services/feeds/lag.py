"""Whether the documents have stopped following the posts.

They follow within a second. Where they do not, as without a worker, or with a Redis so full that
it takes no ring, a withdrawn post would stand in what Redis holds for as long as that is kept: so
that is not given out, and whoever asks is answered from the database.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.db import engine
from shared.db.feeds import progress
from shared.db.ingest import event
from shared.settings import MissingSetting

PATIENCE = 10.0
"""For how many seconds the same event may be the next one that is not in the documents.

Longer than one run of the rebuild takes with large documents on a busy machine.
"""

EVERY = 1.0
"""Seconds between two looks."""

_log = structlog.get_logger(__name__)


class Lag:
    """What this process knows of it; asked by each request, so never waits for the database."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: int | None = None
        self._since = 0.0
        self.behind = False

    def look(self) -> None:
        """Look; while the database is away, what was known holds."""
        try:
            with engine.snapshot() as connection:
                waiting = first_undone(connection)
        except (SQLAlchemyError, MissingSetting) as error:
            _log.debug("feeds not looked at", error=type(error).__name__)
            return
        self.saw(waiting)

    def saw(self, waiting: int | None) -> None:
        """Note which event is the next one, by its position; None where all are done."""
        now = self._clock()
        if waiting != self._waiting:
            self._waiting, self._since = waiting, now
        behind = waiting is not None and now - self._since > PATIENCE
        if behind != self.behind:
            _log.warning("feeds are behind" if behind else "feeds have caught up")
        self.behind = behind


lag = Lag()
"""This process's."""


def first_undone(connection: Connection) -> int | None:
    """Return the position of the first event that is not in the documents."""
    unnumbered = (
        select(event.c.position)
        .where(event.c.sequence.is_(None), event.c.sequenced)
        .order_by(event.c.position)
        .limit(1)
    )
    numbered = select(event.c.position).join(progress, event.c.sequence == progress.c.sequence + 1)
    first = func.coalesce(numbered.scalar_subquery(), unnumbered.scalar_subquery())
    position: int | None = connection.scalar(select(first))
    return position


@contextmanager
def watched() -> Iterator[None]:
    """Look again and again for the length of a block, in a thread of its own."""
    closed = threading.Event()

    def serve() -> None:
        while not closed.wait(EVERY):
            lag.look()

    thread = threading.Thread(target=serve, name="lag", daemon=True)
    thread.start()
    try:
        yield
    finally:
        closed.set()
        thread.join(timeout=2)
