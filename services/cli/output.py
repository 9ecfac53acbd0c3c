"""What commands print: tables for people, JSON for programs, reasons on stderr."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]


def show(value: Any, as_json: bool) -> None:
    """Print one thing: as JSON, or a line a field."""
    if as_json or not isinstance(value, Mapping):
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, field in value.items():
        table.add_row(f"[bold]{name}", _cell(field))
    _console().print(table)


def show_list(items: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """Print a list: as JSON, or a table of some columns; a dot looks inside."""
    if as_json:
        typer.echo(json.dumps({"items": list(items)}, ensure_ascii=False, indent=2))
        return
    table = Table(*columns, box=box.SIMPLE, pad_edge=False)
    for item in items:
        table.add_row(*(_cell(_inside(item, column)) for column in columns))
    _console().print(table)


def fail(reason: str) -> NoReturn:
    """End with status 1 and a reason on stderr."""
    typer.echo(f"pabal: {reason}", err=True)
    raise typer.Exit(1)


def _inside(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value.replace("[", r"\[")
    return json.dumps(value, ensure_ascii=False).replace("[", r"\[")


def _console() -> Console:
    return Console(highlight=False)
