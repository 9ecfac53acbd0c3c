"""Conditional requests (RFC 9110, section 13). Pure."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from services.feeds.serving.codings import Coding

_TAG = re.compile('(?:W/)?"[^"]*"')
# Bounded: from each of very many suffixes, "+" would look to the end.
_CODED = re.compile(f'({"|".join(coding.suffix for coding in Coding if coding.suffix)}){{1,4}}"$')


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment, usegmt=True)


def is_current(
    etag: str, last_modified: datetime, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Tell whether the client has this document: 304 instead of 200.

    If-None-Match beats If-Modified-Since; lists, weak tags and ``*`` are understood, and the
    suffix of a coding, ours or one that a server in between added.
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or etag in tags(if_none_match)
    since = None if if_modified_since is None else _moment(if_modified_since)
    return since is not None and last_modified.replace(microsecond=0) <= since


def tags(if_none_match: str) -> set[str]:
    """Return the entity tags of a list, without weakness and coding; a tag may hold commas."""
    return {_plain(tag) for tag in _TAG.findall(if_none_match)}


def _plain(tag: str) -> str:
    return _CODED.sub('"', tag.removeprefix("W/"))


def _moment(date: str) -> datetime | None:
    """Read a date in any of HTTP's forms; None for nonsense (RFC 9110, section 5.6.7)."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
