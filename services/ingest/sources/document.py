"""A feed as entries, whatever format it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

MOST_ENTRIES = 5000
"""Entries that are read of one document, from its top."""


class Unreadable(ValueError):
    """The document is no feed that can be read; says why in words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it is known by, and a post in the post's own field names.

    ``post`` has neither ``id`` nor ``section``; it is what the source says, not yet validated.
    """

    guid: str | None
    link: str | None
    post: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A feed: its entries in the order of the document, and what it says about itself."""

    entries: tuple[Entry, ...]
    language: str | None = None
    wait: timedelta = field(default=timedelta())
    """How long the feed asks not to be fetched again (``ttl``, ``sy:updatePeriod``)."""
    hub: str | None = None
    topic: str | None = None
