"""``pabal import``: posts from a file, a URL or standard input, however many."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from services.cli.client import Hub, hub
from services.cli.importing_report import reporting
from services.cli.importing_rows import Row, rows
from services.cli.importing_source import opened
from services.cli.output import AsJson, fail
from shared.errors import PabalError

ROWS = 1000
MOST_BYTES = 8 * 1024 * 1024
"""Rows and bytes in one call; one row more at the most."""

PATIENCE = 10
"""How often a call is made again where the hub says to come later."""

_NDJSON = {"Content-Type": "application/x-ndjson"}
_NOTHING = {"stored": 0, "unchanged": 0, "refused": 0, "results": []}


def import_posts(
    source: Annotated[str, typer.Argument(help="A file, a URL, or - for standard input")],
    section: Annotated[str | None, typer.Option(help="For rows without one")] = None,
    language: Annotated[str | None, typer.Option(help="For rows without one")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each row; store nothing")
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(help="Keep refused rows there with their reasons, to mend and import again"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import posts: NDJSON, a JSON array, a JSON Feed, RSS or Atom.

    Again is safe: nothing is doubled, so an import that was cut short is simply started again.
    """
    if refused is not None and refused.exists() and Path(source).exists():
        _refuse_the_same(source, refused)
    options = {"section": section, "language": language}
    defaults = {name: value for name, value in options.items() if value is not None}
    query = {**defaults, "dry_run": "true"} if dry_run else defaults
    with ExitStack() as closing:
        api = closing.enter_context(hub())
        given = closing.enter_context(opened(source))
        report = closing.enter_context(reporting(refused, as_json))
        try:
            with _progress(given.size) as advance:
                for piece in pieces(rows(given, defaults)):
                    report.add(piece, _sent(api, piece, query))
                    advance(piece)
        except PabalError as error:
            fail(f"{source} cannot be imported: {error.detail}")
        report.show("would be stored" if dry_run else "stored")
    raise typer.Exit(1 if report.counts["refused"] else 0)


def pieces(given: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield rows in pieces of one call each."""
    piece: list[Row] = []
    size = 0
    for row in given:
        piece.append(row)
        size += len(row.text) + 1
        if len(piece) == ROWS or size >= MOST_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _sent(api: Hub, piece: list[Row], query: dict[str, str]) -> dict[str, Any]:
    body = b"\n".join(row.text for row in piece if row.fault is None)
    if not body:
        return _NOTHING
    answer = api.call("POST", "/v1/posts/batch", patience=PATIENCE, params=query, content=body,
                      headers=_NDJSON)  # fmt: skip
    told: dict[str, Any] = answer.json()
    return told


@contextmanager
def _progress(size: int | None) -> Iterator[Callable[[list[Row]], None]]:
    """Show on a terminal how far the import has come, by bytes where their number is known."""
    columns = (
        TextColumn("Importing"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rows]} rows"), TimeElapsedColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=size, rows=0)
        done = 0

        def advance(piece: list[Row]) -> None:
            nonlocal done
            done += len(piece)
            progress.update(task, advance=sum(len(row.text) + 1 for row in piece), rows=done)

        yield advance
        progress.update(task, total=size or 1, completed=size or 1)


def _refuse_the_same(source: str, refused: Path) -> None:
    if refused.samefile(source):
        raise typer.BadParameter("--refused must not be the file that is imported")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_posts)
