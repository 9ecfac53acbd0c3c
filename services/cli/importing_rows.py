"""What stands in a source, row by row, whatever its form and size."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from services.cli.importing_feed import feed_rows, is_feed
from services.cli.importing_source import Source
from services.ingest import documents
from services.ingest.sources.fetch import LIMIT as FEED_LIMIT
from shared import jsontext
from shared.clock import utc_now
from shared.web.body import LIMIT

REASONS = "_refused"
"""Where a refused row carries its reasons; they are left out when it is imported again."""

_SHOWN = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as JSON text on one line; ``fault`` says why the hub could not even be asked."""

    text: bytes
    fault: str | None = None


def rows(source: Source, defaults: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of NDJSON, a JSON array, a JSON Feed, RSS or Atom.

    Only the last two, which are read with patience for what is broken, are held whole. Raises
    ``PabalError`` for a document that cannot be read, or holds no rows.
    """
    file = source.file
    first = _first_line(file)
    if is_feed(first):
        body = first + file.read(FEED_LIMIT)
        for text in feed_rows(body, source.media_type, source.address, defaults, utc_now()):
            yield Row(text)
    elif _is_document(first):
        yield from _document(first, file, defaults)
    else:
        for line in _lines(first, file):
            yield _row(line)


def refused(row: Row, result: Mapping[str, Any]) -> str:
    """Return a refused row as a line that can be mended and imported again."""
    reasons = {name: result[name] for name in ("row", "status", "errors")}
    value = _read(row.text)
    if isinstance(value, dict):
        inside = row.text.decode().strip()[1:-1].strip()
        return f'{{{inside}{"," if inside else ""}"{REASONS}":{jsontext.dumps(reasons)}}}'
    shown = row.text[:_SHOWN].decode(errors="replace")
    return jsontext.dumps({REASONS: {**reasons, "text": shown}})


def _document(first: bytes, file: IO[bytes], defaults: Mapping[str, str]) -> Iterator[Row]:
    with tempfile.TemporaryFile() as held:
        held.write(first)
        shutil.copyfileobj(file, held)
        found = documents.shape(held)
        # Of a feed's own word and the command's, the command's holds.
        fill = {**found.defaults, **defaults} if found.defaults else {}
        for text in documents.rows(held, found):
            # It is JSON, so a line end in it is a space.
            yield _row(_filled(text.replace(b"\n", b" ").replace(b"\r", b" "), fill))


def _filled(text: bytes, fill: Mapping[str, Any]) -> bytes:
    """Write into a row what it lacks."""
    value = _read(text) if fill else None
    if not isinstance(value, dict):
        return text
    missing = {name: item for name, item in fill.items() if name not in value}
    if not missing:
        return text
    comma = b"," if value else b""
    return jsontext.dumps(missing)[:-1].encode() + comma + text.lstrip()[1:]


def _row(text: bytes) -> Row:
    if len(text) > LIMIT:
        return Row(text[:_SHOWN], f"has more than {LIMIT} bytes")
    if REASONS.encode() in text:
        value = _read(text)
        if isinstance(value, dict) and value.pop(REASONS, None) is not None:
            return Row(json.dumps(value, ensure_ascii=False).encode())
    return Row(text)


def _read(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _first_line(file: IO[bytes]) -> bytes:
    """Return the first line that is not blank, cut where it is too long for a row."""
    line = file.readline(LIMIT + 1).removeprefix(_BYTE_ORDER_MARK)
    while line and not line.strip():
        line = file.readline(LIMIT + 1)
    return line


def _is_document(first: bytes) -> bool:
    """Tell one document from rows: an array, or an object over many lines or with items."""
    start = first.lstrip()
    if start.startswith(b"["):
        return True
    if not start.startswith(b"{"):
        return False
    if not start.rstrip().endswith(b"}"):
        return True
    value = _read(start)
    return isinstance(value, dict) and isinstance(value.get("items"), list) and "id" not in value


def _lines(first: bytes, file: IO[bytes]) -> Iterator[bytes]:
    line = first
    while line:
        if line.strip():
            yield line.strip()
        if len(line) > LIMIT and not line.endswith(b"\n"):
            _skip_line(file)
        line = file.readline(LIMIT + 1)


def _skip_line(file: IO[bytes]) -> None:
    while (part := file.readline(LIMIT)) and not part.endswith(b"\n"):
        pass
