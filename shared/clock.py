"""Times: UTC inside, RFC 3339 at the edges."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment in UTC; only shells call it, pure code takes ``now``."""
    return datetime.now(UTC)


def to_milliseconds(moment: datetime) -> datetime:
    """Return the moment as it can be written: what comes after the milliseconds is cut off."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC, to the millisecond where it has any.

    >>> rfc3339(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    '2026-03-01T09:00:00Z'
    """
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")
