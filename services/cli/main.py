"""``pabal``: every command, in one place."""

import typer

from services.cli import importing, listen, processes, resources, status
from services.cli.demo import command as demo

app = typer.Typer(
    name="pabal",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="A content syndication hub: publish once, and every partner has it.",
)
processes.register(app)
importing.register(app)
listen.register(app)
app.command()(status.status)
demo.register(app)
resources.register(app)
