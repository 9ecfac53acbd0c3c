"""JSON documents of many rows, read from a file piece by piece: an array, or a feed with items.

The first reading finds out whether the document is whole, so that a broken one stores nothing;
the second yields its rows. Neither holds more than one row at a time.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from shared import jsontext
from shared.errors import Malformed, PabalError
from shared.web.body import LIMIT as ROW_LIMIT
from shared.web.body import too_large

CHUNK = 64 * 1024
_FEEDS_OWN = ("language", "authors")
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_TEXT, re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _TEXT + rb")*+[\[\]{}]", re.DOTALL)
_TO_END = re.compile(rb'[^,:\[\]{}"]*+(?=[,:\[\]{}"])')
_SPACE = re.compile(rb"[ \t\r\n]*+(?=[^ \t\r\n])")


@dataclass(slots=True)
class Shape:
    """Where the rows of a document begin, and what the document says of all of them."""

    start: int
    defaults: dict[str, Any] = field(default_factory=dict)


def shape(file: IO[bytes]) -> Shape:
    """Read a document once; raises ``Malformed`` where it is not JSON, or holds no rows."""
    scan = _Scan(file)
    first = scan.next()
    found = Shape(scan.position) if first == b"[" else None
    if first == b"[":
        _check_items(scan)
    elif first == b"{":
        found = _feed(scan)
    else:
        _form(scan)
    if scan.next():
        raise scan.malformed("there is more behind the end of the document")
    if found is None:
        raise Malformed("send a JSON array of posts, or a JSON Feed document with items")
    return found


def rows(file: IO[bytes], found: Shape) -> Iterator[bytes]:
    """Yield the JSON text of each row."""
    return _Scan(file, found.start).items()


def _feed(scan: "_Scan") -> Shape | None:
    found: Shape | None = None
    defaults: dict[str, Any] = {}
    for name in scan.names():
        if name == "items" and scan.next() == b"[":
            found = Shape(scan.position, defaults)
            _check_items(scan)
            continue
        value = _form(scan)
        if name in _FEEDS_OWN:
            defaults[name] = value
    return found


def _check_items(scan: "_Scan") -> None:
    for _ in scan.parts(b"[", b"]"):
        _form(scan)


def _form(scan: "_Scan") -> Any:
    """Read a value for its form alone; whether it can be stored is each row's own matter."""
    text = scan.value()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(
            f"{_reason(text)}, in the value at byte {scan.position - len(text)}"
        ) from None


def _reason(text: bytes) -> str:
    try:
        jsontext.loads(text)
    except PabalError as error:
        return error.detail
    return "the body is not JSON"


class _Scan:
    """A place in a file of JSON; at most one value is held."""

    def __init__(self, file: IO[bytes], start: int = 0) -> None:
        file.seek(start)
        self._file = file
        self._held = b""
        self._at = 0
        self._before = start

    @property
    def position(self) -> int:
        """The offset of the next byte."""
        return self._before + self._at

    def malformed(self, reason: str) -> Malformed:
        """Return the refusal of what stands here."""
        return Malformed(f"the body is not JSON: {reason} (at byte {self.position})")

    def next(self) -> bytes:
        """Return the next byte that is no space, or nothing at the end."""
        found = self._match(_SPACE)
        if found is None:
            return b""
        self._at = found.end()
        return self._held[self._at : self._at + 1]

    def items(self) -> Iterator[bytes]:
        """Yield the text of each value in the array that begins here."""
        for _ in self.parts(b"[", b"]"):
            yield self.value()

    def names(self) -> Iterator[str]:
        """Yield each name in the object that begins here; its value is to be read in between."""
        for _ in self.parts(b"{", b"}"):
            name = _form(self)
            if not isinstance(name, str):
                raise self.malformed("a name is not in quotes")
            self._take(b":")
            yield name

    def value(self) -> bytes:
        """Return the text of the value here; raises ``TooLarge`` beyond what a row may have."""
        begins = self.next()
        self._forget()
        if begins == b'"':
            end = self._end_of(_STRING)
        elif begins in (b"[", b"{"):
            end = self._end_of_nested()
        else:
            # A number or a word: it ends before the next mark, or with the document.
            found = self._match(_TO_END)
            end = len(self._held) if found is None else found.end()
        if end > ROW_LIMIT:
            raise too_large("row", f"has more than {ROW_LIMIT} bytes")
        self._at = end
        return self._held[:end]

    def parts(self, opening: bytes, closing: bytes) -> Iterator[None]:
        """Stop at each part of the array or object that begins here; read it in between."""
        self._take(opening)
        if self.next() == closing:
            self._take(closing)
            return
        yield
        while self.next() == b",":
            self._take(b",")
            yield
        self._take(closing)

    def _take(self, mark: bytes) -> None:
        if self.next() != mark:
            raise self.malformed(f"{mark.decode()} is missing")
        self._at += 1

    def _end_of_nested(self) -> int:
        depth, self._at = 1, 1
        while depth:
            end = self._end_of(_TO_BRACKET)
            depth += 1 if self._held[end - 1 : end] in b"[{" else -1
            self._at = end
        return self._at

    def _end_of(self, pattern: re.Pattern[bytes]) -> int:
        found = self._match(pattern)
        if found is None:
            raise self.malformed("it ends too early")
        return found.end()

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Match here, reading on until it does or the file ends."""
        while (found := pattern.match(self._held, self._at)) is None and self._read_on():
            pass
        return found

    def _read_on(self) -> bool:
        if len(self._held) > ROW_LIMIT + 2 * CHUNK:
            raise too_large("row", f"has more than {ROW_LIMIT} bytes")
        # As much again, so that a long value is not matched from its beginning too often.
        more = self._file.read(max(CHUNK, len(self._held)))
        self._held += more
        return bool(more)

    def _forget(self) -> None:
        self._held, self._before, self._at = self._held[self._at :], self.position, 0
