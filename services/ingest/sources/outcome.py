"""What a poll came to, and when the next one is due. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.ingest.sources import cadence
from services.ingest.sources.source import ACTIVE, STOPPED, Fetched, Source
from shared.retry_after import retry_after

REASON = 300
"""How much of a reason is kept, in characters."""


@dataclass(frozen=True, slots=True)
class Validators:
    """By what a document is recognised that was fetched before."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a poll came to; a part that is ``None`` stays as it is held."""

    state: str
    status: int | None
    error: str | None
    next_poll_at: datetime | None
    interval: timedelta
    moved_to: str | None = None
    validators: Validators | None = None
    report: dict[str, Any] | None = None


def taken(
    source: Source,
    answer: Fetched,
    wait: timedelta,
    report: dict[str, Any],
    *,
    now: datetime,
    jitter: float,
) -> Settled:
    """Return what a document came to; ``wait`` is how long it asks to be left alone."""
    interval = cadence.adapted(source.interval, changed=report["stored"] > 0)
    asked = max(wait, cadence.max_age(answer.headers.get("cache-control")))
    return Settled(
        ACTIVE,
        answer.status,
        None,
        cadence.after_success(now, interval, asked, jitter),
        interval,
        answer.moved_to,
        Validators(answer.headers.get("etag"), answer.headers.get("last-modified")),
        report,
    )


def unmodified(source: Source, answer: Fetched, *, now: datetime, jitter: float) -> Settled:
    """Return what a 304 came to."""
    interval = cadence.adapted(source.interval, changed=False)
    asked = cadence.max_age(answer.headers.get("cache-control"))
    due = cadence.after_success(now, interval, asked, jitter)
    return Settled(ACTIVE, answer.status, None, due, interval, answer.moved_to)


def failed(
    source: Source, answer: Fetched | None, reason: str, *, now: datetime, jitter: float
) -> Settled:
    """Return what a failure came to; ``source.failures`` counts this one already."""
    asked = None if answer is None else retry_after(answer.headers.get("retry-after"), now)
    due = cadence.after_failure(now, source.interval, source.failures, asked, jitter)
    status = None if answer is None else answer.status
    return Settled(ACTIVE, status, reason[:REASON], due, source.interval)


def gone(source: Source, answer: Fetched) -> Settled:
    """Return what a 410 came to: the source is polled no more."""
    reason = "the source answered 410 Gone and is polled no more"
    return Settled(STOPPED, answer.status, reason, None, source.interval)
