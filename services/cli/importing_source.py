"""Where an import comes from: a file, a URL or standard input, read once from front to back."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from services.cli.output import fail

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes to read, how many there are, where that is known, and where they were fetched."""

    file: IO[bytes]
    size: int | None = None
    address: str = ""
    media_type: str | None = None


@contextmanager
def opened(name: str) -> Iterator[Source]:
    """Open what is named; ends the command with the reason where it cannot be read."""
    try:
        if name == "-":
            yield Source(sys.stdin.buffer)
        elif name.startswith(("http://", "https://")):
            with httpx.stream("GET", name, follow_redirects=True, timeout=TIMEOUT) as response:
                response.raise_for_status()
                body = io.BufferedReader(_Body(response.iter_bytes()))
                yield Source(body, None, str(response.url), response.headers.get("content-type"))
        else:
            with Path(name).open("rb") as file:
                yield Source(file, os.fstat(file.fileno()).st_size)
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        fail(f"{name} cannot be read: {error}")


class _Body(io.RawIOBase):
    """A response's body as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        part, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(part)] = part
        return len(part)
