"""Batches: many rows, each with its own result; a piece at a time, whatever their number."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.ingest.accept import accept
from services.ingest.publish import Held
from services.ingest.submit import Outcome, rehearse, submit
from shared import jsontext
from shared.clock import utc_now
from shared.db.engine import statement, transaction
from shared.errors import FieldError, Invalid, PabalError, TooLarge
from shared.schema.post import Post
from shared.settings import Settings
from shared.web.body import LIMIT as ROW_LIMIT
from shared.web.body import too_large

BATCH_LIMIT = 64 * 1024 * 1024
"""The largest batch, in bytes."""

MOST_ROWS = 500_000
"""Rows in one batch: more than that many posts do not fit into the bytes."""

ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 1024 * 1024
"""A piece, which is one transaction, ends with the row that reaches either."""

IN_MEMORY = 1024 * 1024
"""Bytes of a report, or of a document, beyond which it is kept in a file."""

NDJSON, JSON, JSON_FEED = "application/x-ndjson", "application/json", "application/feed+json"
TYPES = (NDJSON, JSON, JSON_FEED)
Defaults = Mapping[str, Any]
Row = bytes | TooLarge
"""The JSON text of a row, or why it was not even held."""

Read = tuple[str | None, Post | PabalError]
_CHUNK = 64 * 1024


class Report:
    """What became of a batch, row by row; the rows are kept as JSON text, and not in memory."""

    def __init__(self) -> None:
        self.stored = 0
        self.unchanged = 0
        self.refused = 0
        self._results = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # see close

    @property
    def rows(self) -> int:
        """How many rows are reported on."""
        return self.stored + self.unchanged + self.refused

    def add(self, id: str | None, outcome: Outcome) -> None:
        """Count and note the next row."""
        row = self.rows + 1
        errors: list[dict[str, str]] = []
        if isinstance(outcome, PabalError):
            self.refused += 1
            faults = outcome.errors or (FieldError("", outcome.detail),)
            errors = [{"field": fault.field, "message": fault.message} for fault in faults]
        elif outcome.changed:
            self.stored += 1
        else:
            self.unchanged += 1
        result = {"row": row, "id": id, "status": outcome.status, "errors": errors}
        text = jsontext.dumps(result)
        self._results.write((f",{text}" if row > 1 else text).encode())

    def close(self) -> None:
        """Forget the rows of a batch that gets another answer."""
        self._results.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the answer's body; once, for what it was kept in is closed then."""
        counts = jsontext.dumps(
            {"stored": self.stored, "unchanged": self.unchanged, "refused": self.refused}
        )
        yield f'{counts[:-1]},"results":['.encode()
        with self._results as results:
            results.seek(0)
            while chunk := results.read(_CHUNK):
                yield chunk
        yield b"]}"


class Lines:
    """The lines of a body as they become complete; blank ones are no rows."""

    def __init__(self) -> None:
        self._rest = b""
        self._beyond = False

    def complete(self, chunk: bytes) -> Iterator[Row]:
        """Yield the lines that this chunk completes; of one that is too long, its refusal."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            yield from self._row(line)
        if len(self._rest) > ROW_LIMIT:
            self._rest, self._beyond = b"", True

    def last(self) -> Iterator[Row]:
        """Yield what stands behind the last line end."""
        return self._row(self._rest)

    def _row(self, line: bytes) -> Iterator[Row]:
        if self._beyond or len(line) > ROW_LIMIT:
            self._beyond = False
            yield too_large("row", f"has more than {ROW_LIMIT} bytes")
        elif line.strip():
            yield line


class Pieces:
    """Gathers rows until there are enough for one transaction."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._bytes = 0
        self._all = 0

    def full(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        """Take rows; yield each piece that they fill. Raises ``TooLarge`` for too many rows."""
        for row in rows:
            self._rows.append(row)
            self._bytes += len(row) if isinstance(row, bytes) else 0
            self._all += 1
            if self._all > MOST_ROWS:
                raise too_large("batch", f"has more than {MOST_ROWS} rows")
            if len(self._rows) == ROWS_AT_ONCE or self._bytes >= BYTES_AT_ONCE:
                yield from self.rest()

    def rest(self) -> Iterator[list[Row]]:
        """Yield what is gathered, if anything."""
        if self._rows:
            piece, self._rows, self._bytes = self._rows, [], 0
            yield piece


@dataclass(slots=True)
class Run:
    """A batch under way: read a piece, then store it, or only say what would become of it."""

    settings: Settings
    request_id: str | None
    rehearsal: bool = False
    defaults: Defaults = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    _seen: dict[str, Held] = field(default_factory=dict)

    def read(self, rows: Sequence[Row]) -> list[Read]:
        """Return each row as a post, or why it is refused."""
        return [self._read(row) for row in rows]

    def store(self, read: Sequence[Read]) -> None:
        """Store the good rows in one transaction and report on each."""
        posts = [post for _, post in read if isinstance(post, Post)]
        outcomes = iter(self._outcomes(posts))
        for id, post in read:
            self.report.add(id, next(outcomes) if isinstance(post, Post) else post)

    def _outcomes(self, posts: Sequence[Post]) -> Sequence[Outcome]:
        if self.rehearsal:
            with statement() as connection:
                return rehearse(connection, posts, utc_now(), self._seen)
        with transaction() as connection:
            return submit(connection, posts, utc_now(), self.request_id)

    def _read(self, row: Row) -> Read:
        if isinstance(row, TooLarge):
            return None, row
        try:
            value = jsontext.loads(row)
        except PabalError as refusal:
            return None, refusal
        if not isinstance(value, dict):
            return None, Invalid("a row must be a JSON object")
        id = value.get("id")
        shown = id if isinstance(id, str) else None
        try:
            return shown, accept({**self.defaults, **value}, self.settings)
        except PabalError as refusal:
            return shown, refusal
