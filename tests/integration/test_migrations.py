"""The migrated database is what the tables say, and migrating again is fine."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from shared.db import engine
from shared.db.base import SCHEMAS
from shared.db.migrate import current, migrate, newest
from shared.db.tables import metadata
from tests.support.servers import TestServers


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


def test_the_migrated_database_equals_the_tables(database: TestServers) -> None:
    options = {
        "include_schemas": True, "include_name": _ours, "compare_type": True,
        "compare_server_default": True, "version_table_schema": "public",
    }  # fmt: skip
    with engine.transaction() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_every_table_is_in_a_services_schema(database: TestServers) -> None:
    assert {table.schema for table in metadata.sorted_tables} == set(SCHEMAS)


def test_migrating_again_changes_nothing_and_keeps_what_is_there(database: TestServers) -> None:
    with engine.transaction() as connection:
        connection.execute(text("UPDATE ingest.head SET sequence = 7"))
        assert current(connection) == newest()
    assert migrate() == newest()
    with engine.transaction() as connection:
        assert connection.scalar(text("SELECT sequence FROM ingest.head")) == 7


def test_many_may_migrate_at_once(database: TestServers) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: migrate(), range(4))) == {newest()}


def test_each_count_begins_with_one_row(database: TestServers) -> None:
    with engine.transaction() as connection:
        for table in ("ingest.head", "feeds.progress", "notify.progress"):
            rows = connection.execute(text(f"SELECT id, sequence FROM {table}")).all()
            assert [tuple(row) for row in rows] == [(1, 0)]
