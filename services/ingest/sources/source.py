"""A source, and what fetching it brought: the terms that the others speak in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

ACTIVE, STOPPED, DELETED = "active", "stopped", "deleted"


@dataclass(frozen=True, slots=True)
class Source:
    """A feed that the hub polls, as the database has it; ``failures`` are in a row."""

    id: str
    url: str
    moved_to: str | None
    section: str
    language: str | None
    state: str
    created_at: datetime
    etag: str | None
    last_modified: str | None
    interval: timedelta
    failures: int
    next_poll_at: datetime | None
    last_poll_at: datetime | None
    last_status: int | None
    last_error: str | None
    last_report: Mapping[str, Any] | None
    hub: str | None
    topic: str | None
    lease_until: datetime | None

    @property
    def address(self) -> str:
        """Where to fetch it."""
        return self.moved_to or self.url


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer; names of headers are in lower case.

    ``address`` is where it came from in the end, ``moved_to`` where permanent redirects led.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    address: str
    moved_to: str | None = None


class FetchError(Exception):
    """Nothing was fetched; says why in words."""
