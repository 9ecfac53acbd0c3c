"""``pabal``: every command, in one place."""

import sys

import typer
from pydantic import ValidationError

from services.cli import digests, importing, listen, processes, resources, status
from services.cli.demo import command as demo
from shared.settings import MissingSetting, settings

app = typer.Typer(
    name="pabal",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="A content syndication hub: publish once, and every partner has it.",
)


@app.callback()
def _read_settings() -> None:
    # Without their values: some are secret.
    try:
        settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = f"PABAL_{fault['loc'][0]}".upper()
            typer.echo(f"pabal: {name}: {fault['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from None


processes.register(app)
importing.register(app)
listen.register(app)
app.command()(status.status)
demo.register(app)
resources.register(app)
app.add_typer(digests.digests, name="digests")


def main() -> None:
    """Run a command; a setting that is missing ends it like any other wrong use."""
    try:
        app()
    except MissingSetting as error:
        typer.echo(f"pabal: {error}", err=True)
        sys.exit(2)
