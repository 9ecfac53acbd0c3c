"""Conditional requests (RFC 9110, section 13). Pure."""

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from services.feeds.documents import Document


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment, usegmt=True)


def is_current(
    document: Document, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Tell whether the client has this document: 304 instead of 200.

    If-None-Match beats If-Modified-Since; lists, weak tags and ``*`` are understood.
    """
    if if_none_match is not None:
        given = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in given or document.etag in given
    if if_modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    return since.tzinfo is not None and document.last_modified.replace(microsecond=0) <= since
