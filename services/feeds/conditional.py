"""Conditional requests (RFC 9110, section 13). Pure."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from services.feeds.documents import Document


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment, usegmt=True)


def is_current(
    document: Document, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Tell whether the client has this document: 304 instead of 200.

    If-None-Match beats If-Modified-Since; lists, weak tags and ``*`` are understood, and the
    suffix that some servers add to the tag of what they compress.
    """
    if if_none_match is not None:
        given = {_plain(tag) for tag in if_none_match.split(",")}
        return "*" in given or document.etag in given
    since = None if if_modified_since is None else _moment(if_modified_since)
    return since is not None and document.last_modified.replace(microsecond=0) <= since


def _plain(tag: str) -> str:
    return tag.strip().removeprefix("W/").replace('-gzip"', '"')


def _moment(date: str) -> datetime | None:
    """Read a date in any of HTTP's forms; None for nonsense (RFC 9110, section 5.6.7)."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
