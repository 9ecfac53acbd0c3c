"""All tables at once, for migrations and for the test that compares them with a database."""

from shared.db import console, feeds, ingest, notify
from shared.db.base import metadata

__all__ = ["console", "feeds", "ingest", "metadata", "notify"]
