"""``python -m services.cli`` is ``pabal``."""

from services.cli.main import app

app(prog_name="pabal")
