"""``python -m services.cli`` is ``pabal``."""

from services.cli.main import main

main()
