"""What became of an import: counted, told of, and its refused rows kept to be mended."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import typer

from services.cli.importing_rows import Row, refused
from services.cli.output import fail
from shared import jsontext

SHOWN = 20
"""Refused rows that are told of one by one."""

_IN_MEMORY = 1024 * 1024
_CHUNK = 64 * 1024


class Report:
    """Counts, and the results of rows as JSON text; nothing of it grows in memory."""

    def __init__(self, results: IO[str] | None, kept: IO[str] | None) -> None:
        self.rows = 0
        self.counts = {"stored": 0, "unchanged": 0, "refused": 0}
        self._results = results
        self._kept = kept
        self._told = 0

    def add(self, piece: Sequence[Row], answer: dict[str, Any]) -> None:
        """Take the hub's answer about a piece; it was not asked about rows with a fault."""
        for name in self.counts:
            self.counts[name] += answer[name]
        told = iter(answer["results"])
        for row in piece:
            self.rows += 1
            if row.fault:
                self.counts["refused"] += 1
            result = _too_large(row.fault) if row.fault else next(told)
            self._note(row, {**result, "row": self.rows})

    def show(self, done: str) -> None:
        """Print the summary; the whole report where JSON is asked for."""
        if self._results is None:
            stored, unchanged, refused = self.counts.values()
            if refused > self._told:
                typer.echo(f"… and {refused - self._told} more: --refused keeps all", err=True)
            typer.echo(f"{stored} {done}, {unchanged} unchanged, {refused} refused")
            return
        sys.stdout.write(f'{jsontext.dumps(self.counts)[:-1]},"results":[')
        self._results.seek(0)
        while chunk := self._results.read(_CHUNK):
            sys.stdout.write(chunk)
        sys.stdout.write("]}\n")

    def _note(self, row: Row, result: dict[str, Any]) -> None:
        if self._results is not None:
            self._results.write(f"{',' if self.rows > 1 else ''}{jsontext.dumps(result)}")
        if not result["errors"]:
            return
        if self._kept is not None:
            self._kept.write(f"{refused(row, result)}\n")
        if self._results is None and self._told < SHOWN:
            self._told += 1
            _tell(result)


@contextmanager
def reporting(kept: Path | None, as_json: bool) -> Iterator[Report]:
    """Open a report; ends the command where the file for refused rows cannot be written."""
    with ExitStack() as closing:
        results = closing.enter_context(
            tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")
        )
        file: IO[str] | None = None
        try:
            if kept is not None:
                file = closing.enter_context(kept.open("w", encoding="utf-8"))
        except OSError as error:
            fail(f"{kept} cannot be written: {error.strerror}")
        yield Report(results if as_json else None, file)


def _too_large(fault: str) -> dict[str, Any]:
    return {"id": None, "status": 413, "errors": [{"field": "row", "message": fault}]}


def _tell(result: dict[str, Any]) -> None:
    for error in result["errors"]:
        where = f"row {result['row']} ({result['id'] or 'no id'})"
        what = f"{error['field']}: " if error["field"] else ""
        typer.echo(f"{where}: {what}{error['message']}", err=True)
