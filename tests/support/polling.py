"""Waiting for something to become true, with a deadline instead of a sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.02


def until(look: Callable[[], T], what: str, seconds: float = 15.0) -> T:
    """Return the first truthy thing that ``look`` sees.

    Raises ``AssertionError`` naming ``what`` where the deadline passes first.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what} (last seen: {seen!r})")
        time.sleep(INTERVAL)
