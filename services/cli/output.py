"""What commands print: tables for people, JSON for programs, reasons on stderr."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]


def show(value: Any, as_json: bool) -> None:
    """Print one thing: as JSON, or a line a field; a dot stands before what is inside."""
    if as_json or not isinstance(value, Mapping):
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
        return
    fields = dict(_fields(value))
    width = max(map(len, fields), default=0)
    for name, field in fields.items():
        # A wrapped token or address can be neither clicked nor copied.
        line = Text.assemble((f"{name:<{width}}", "bold"), "  ", _cell(field))
        _console().print(line, soft_wrap=True)


def show_list(items: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """Print a list: as JSON, or a table of some columns; a dot looks inside."""
    if as_json:
        typer.echo(json.dumps({"items": list(items)}, ensure_ascii=False, indent=2))
        return
    headers = (Column(name, overflow="fold") for name in columns)
    table = Table(*headers, box=box.SIMPLE, pad_edge=False)
    for item in items:
        table.add_row(*(Text(_cell(_inside(item, column))) for column in columns))
    _console().print(table)


def fail(reason: str) -> NoReturn:
    """End with status 1 and a reason on stderr."""
    typer.echo(f"pabal: {reason}", err=True)
    raise typer.Exit(1)


def _fields(value: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in value.items():
        if isinstance(field, Mapping):
            yield from _fields(field, f"{within}{name}.")
        elif _is_of_things(field):
            for number, thing in enumerate(field, 1):
                yield f"{within}{name}.{number}", " · ".join(map(_cell, thing.values()))
        else:
            yield f"{within}{name}", field


def _inside(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _cell(value: Any) -> str:
    if value is None or value == []:
        return "–"
    if _is_of_things(value):
        return str(len(value))
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_of_things(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)
    )


def _console() -> Console:
    return Console(highlight=False)
