"""Whether the documents have fallen behind the posts.

They follow within a second. Where they do not, as without a worker, or with a Redis so full that
it takes no ring, a withdrawn post would stand in what Redis holds for as long as that is kept: so
that is not given out, and whoever asks is answered from the database.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.db import engine
from shared.db.feeds import progress
from shared.db.ingest import event
from shared.settings import MissingSetting

PATIENCE = timedelta(seconds=5)
"""How long an event may wait until its documents are rendered."""

EVERY = 1.0
"""Seconds between two looks."""

_log = structlog.get_logger(__name__)


class Lag:
    """What this process knows of it; asked by each request, so never waits for the database."""

    def __init__(self) -> None:
        self.behind = False

    def look(self) -> None:
        """Look; while the database is away, what was known holds."""
        try:
            with engine.snapshot() as connection:
                behind = is_behind(connection)
        except (SQLAlchemyError, MissingSetting) as error:
            _log.debug("feeds not looked at", error=type(error).__name__)
            return
        if behind != self.behind:
            _log.warning("feeds are behind" if behind else "feeds have caught up")
        self.behind = behind


lag = Lag()
"""This process's."""


def is_behind(connection: Connection) -> bool:
    """Tell whether the oldest event that is not in the documents has waited too long."""
    unnumbered = (
        select(event.c.timestamp)
        .where(event.c.sequence.is_(None), event.c.sequenced)
        .order_by(event.c.position)
        .limit(1)
    )
    next_one = select(event.c.timestamp).join(progress, event.c.sequence == progress.c.sequence + 1)
    oldest = func.least(unnumbered.scalar_subquery(), next_one.scalar_subquery())
    return bool(connection.scalar(select(oldest < func.now() - PATIENCE)))


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
