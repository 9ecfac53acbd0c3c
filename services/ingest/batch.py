"""Batches: rows from NDJSON, a JSON array or a JSON Feed; each row with its own result."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.ingest.accept import accept
from services.ingest.submit import Accepted, submit
from shared import jsontext
from shared.clock import utc_now
from shared.db.engine import transaction
from shared.errors import FieldError, Invalid, Malformed, PabalError, TooLarge
from shared.schema.post import Post
from shared.settings import Settings
from shared.web.body import LIMIT as ROW_LIMIT
from shared.web.body import too_large

BATCH_LIMIT = 64 * 1024 * 1024
"""The largest batch, in bytes."""

ROWS_AT_ONCE = 200
"""Rows in one transaction."""

NDJSON, JSON, JSON_FEED = "application/x-ndjson", "application/json", "application/feed+json"
TYPES = (NDJSON, JSON, JSON_FEED)
Defaults = Mapping[str, Any]


@dataclass(slots=True)
class Report:
    """What became of a batch, row by row."""

    stored: int = 0
    unchanged: int = 0
    refused: int = 0
    results: list[dict[str, Any]] = field(default_factory=list)

    def add(self, id: str | None, outcome: Accepted | PabalError) -> None:
        """Count and note the next row."""
        status, errors = outcome.status, []
        if isinstance(outcome, PabalError):
            self.refused += 1
            faults = outcome.errors or (FieldError("", outcome.detail),)
            errors = [{"field": fault.field, "message": fault.message} for fault in faults]
        elif outcome.changed:
            self.stored += 1
        else:
            self.unchanged += 1
        row = len(self.results) + 1
        self.results.append({"row": row, "id": id, "status": status, "errors": errors})

    def shown(self) -> dict[str, Any]:
        """Return the answer's body."""
        return {"stored": self.stored, "unchanged": self.unchanged, "refused": self.refused,
                "results": self.results}  # fmt: skip


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes | TooLarge]:
    """Yield the lines of a body as they are complete; of one that is too long, its refusal."""
    rest, beyond = b"", False
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            yield _bounded(line, beyond)
            beyond = False
        if len(rest) > ROW_LIMIT:
            rest, beyond = b"", True
    yield _bounded(rest, beyond)


def _bounded(line: bytes, beyond: bool) -> bytes | TooLarge:
    if beyond or len(line) > ROW_LIMIT:
        return too_large("row", f"has more than {ROW_LIMIT} bytes")
    return line


def items(document: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the rows of a JSON array or JSON Feed document, and the feed's own defaults."""
    if isinstance(document, list):
        return document, {}
    if isinstance(document, dict) and isinstance(document.get("items"), list):
        named = {name: document[name] for name in ("language", "authors") if name in document}
        return document["items"], named
    raise Malformed("send a JSON array of posts, or a JSON Feed document with items")


def store_rows(
    rows: Sequence[Any],
    report: Report,
    defaults: Defaults,
    settings: Settings,
    request_id: str | None,
) -> None:
    """Store the good rows in one transaction and report on each.

    A row is a JSON value, bytes that hold one, or its refusal.
    """  # fmt: skip
    read = [_read(row, defaults, settings) for row in rows]
    posts = [post for _, post in read if isinstance(post, Post)]
    with transaction() as connection:
        outcomes = iter(submit(connection, posts, utc_now(), request_id))
    for id, post in read:
        report.add(id, next(outcomes) if isinstance(post, Post) else post)


def chunked(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield rows in pieces of one transaction each."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]


def _read(row: Any, defaults: Defaults, settings: Settings) -> tuple[str | None, Post | PabalError]:
    if isinstance(row, PabalError):
        return None, row
    try:
        value = jsontext.loads(row) if isinstance(row, bytes) else row
    except PabalError as refusal:
        return None, refusal
    if not isinstance(value, dict):
        return None, Invalid("a row must be a JSON object")
    id = value.get("id")
    shown = id if isinstance(id, str) else None
    try:
        return shown, accept({**defaults, **value}, settings)
    except PabalError as refusal:
        return shown, refusal
