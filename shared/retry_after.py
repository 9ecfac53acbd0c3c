"""``Retry-After`` (RFC 9110, section 10.2.3): how long a server asks to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_HOLD = timedelta(days=1)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read seconds or a date, a day at the most; nonsense is ``None``."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(float(text), LONGEST_HOLD.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), LONGEST_HOLD)
