"""``pabal import``: posts from a file, a URL or standard input."""

import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from services.cli.client import Hub, hub
from services.cli.output import AsJson, fail, show

ROWS = 500
MOST_BYTES = 32 * 1024 * 1024
"""Rows and bytes in one call at the most; half of what the hub takes."""

NDJSON, JSON_FEED, JSON = "application/x-ndjson", "application/feed+json", "application/json"


def import_posts(
    source: Annotated[str, typer.Argument(help="A file, a URL, or - for standard input")],
    section: Annotated[str | None, typer.Option(help="For rows without one")] = None,
    language: Annotated[str | None, typer.Option(help="For rows without one")] = None,
    as_json: AsJson = False,
) -> None:
    """Import posts: NDJSON, a JSON array or a JSON Feed. Again is safe: nothing is doubled."""
    content = _read(source)
    with hub() as api:
        total = _send(api, content, section, language)
    if as_json:
        show(total, True)
    else:
        _summary(total)
    raise typer.Exit(1 if total["refused"] else 0)


def _read(source: str) -> bytes:
    try:
        if source == "-":
            return sys.stdin.buffer.read()
        if source.startswith(("http://", "https://")):
            return httpx.get(source, follow_redirects=True, timeout=30).raise_for_status().content
        return Path(source).read_bytes()
    except (OSError, httpx.HTTPError) as error:
        fail(f"{source} cannot be read: {error}")


def _send(api: Hub, content: bytes, section: str | None, language: str | None) -> dict[str, Any]:
    params = {"section": section, "language": language}
    given = {name: value for name, value in params.items() if value is not None}
    total: dict[str, Any] = {"stored": 0, "unchanged": 0, "refused": 0, "results": []}
    parts = list(pieces(content))
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        for type, piece in progress.track(parts, description="Importing"):
            answer = api.call("POST", "/v1/posts/batch", params=given, content=piece,
                              headers={"Content-Type": type}).json()  # fmt: skip
            before = len(total["results"])
            total["results"] += [{**row, "row": row["row"] + before} for row in answer["results"]]
            for name in ("stored", "unchanged", "refused"):
                total[name] += answer[name]
    return total


def pieces(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what to send, call by call, with its media type."""
    # What Windows' editors write before it.
    content = content.removeprefix(BOM_UTF8)
    start = content.lstrip()[:1]
    lines = [line for line in content.splitlines() if line.strip()]
    if start == b"[":
        yield JSON, content
    elif start == b"{" and not _is_ndjson(lines):
        yield JSON_FEED, content
    else:
        for piece in _bounded(lines):
            yield NDJSON, b"\n".join(piece)


def _bounded(lines: list[bytes]) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for line in lines:
        if piece and (len(piece) == ROWS or size + len(line) > MOST_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line) + 1
    if piece:
        yield piece


def _is_ndjson(lines: list[bytes]) -> bool:
    """Tell rows from one document spread over lines, or one in a line that is a feed."""
    first = lines[0].strip()
    return first.endswith(b"}") and b'"https://jsonfeed.org/version/' not in first


def _summary(total: dict[str, Any]) -> None:
    for row in total["results"]:
        for error in row["errors"]:
            where = f"row {row['row']} ({row['id'] or 'no id'})"
            typer.echo(f"{where}: {error['field']}: {error['message']}", err=True)
    typer.echo(
        f"{total['stored']} stored, {total['unchanged']} unchanged, {total['refused']} refused"
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_posts)
