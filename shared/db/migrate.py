"""Bring the database to the shape that this version of the code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shared.db.base import SCHEMAS
from shared.db.engine import database

# Any constant will do; every migrating process takes the same lock.
_LOCK = 0x7061_6261


def migrate() -> str:
    """Run what is missing, one process at a time; return the revision reached."""
    with database().begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        for schema in SCHEMAS:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        command.upgrade(config(connection), "head")
    return newest()


def newest() -> str:
    """Return the revision that this code expects."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def current(connection: Connection) -> str | None:
    """Return the revision that the database has, or None where it was never migrated."""
    return MigrationContext.configure(
        connection, opts={"version_table_schema": "public"}
    ).get_current_revision()


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; ``connection`` is where migrations run."""
    configuration = Config()
    folder = Path(__file__).parent / "migrations"
    configuration.set_main_option("script_location", str(folder).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration
