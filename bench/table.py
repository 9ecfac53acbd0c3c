"""What the measurements share: a line of the table, and the time that a piece of work takes."""

import time
from collections.abc import Callable
from typing import Any

from services.ingest.submit import submit
from shared.clock import utc_now
from shared.db import engine
from shared.schema.post import Post


def row(what: str, value: float, unit: str) -> None:
    """Print one line of the table."""
    print(f"{what:<50}{value:>12,.2f}  {unit}", flush=True)


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def store(posts: list[Post]) -> None:
    """Store posts in one transaction."""
    with engine.transaction() as connection:
        submit(connection, posts, utc_now(), None)
