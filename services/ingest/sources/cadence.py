"""When to look at a source again. Pure: it adapts between five minutes and a day."""

import re
from datetime import datetime, timedelta

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=1)
FIRST = timedelta(minutes=15)
"""The interval of a source that nothing is known of."""

JITTER = 0.1
"""How far a wait is stretched at the most, so that sources spread."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def adapted(interval: timedelta, changed: bool) -> timedelta:
    """Return the next interval: half of it after news, half as much again without."""
    return _within(interval / 2 if changed else interval * 3 / 2)


def after_success(now: datetime, interval: timedelta, asked: timedelta, jitter: float) -> datetime:
    """Return when to poll again: not before ``asked`` is over; ``jitter`` in [0, 1]."""
    return now + _within(max(interval, asked)) * (1 + JITTER * jitter)


def after_failure(
    now: datetime, interval: timedelta, failures: int, asked: timedelta | None, jitter: float
) -> datetime:
    """Return when to try again: each failure in a row doubles the wait, up to a day."""
    doubled = _within(interval * 2 ** min(failures - 1, 10))
    return now + max(doubled, min(asked or timedelta(), LONGEST)) * (1 + JITTER * jitter)


def max_age(cache_control: str | None) -> timedelta:
    """Return how long a ``Cache-Control`` (RFC 9111) calls an answer fresh."""
    found = _MAX_AGE.search(cache_control or "")
    return timedelta(seconds=int(found[1])) if found else timedelta()


def _within(interval: timedelta) -> timedelta:
    return min(max(interval, SHORTEST), LONGEST)
