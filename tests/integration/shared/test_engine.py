"""Connections: a statement alone commits by itself, a transaction only as a whole."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from shared.db import engine
from tests.support.servers import TestServers


def give_up_after(sequence: int, *, alone: bool) -> None:
    with engine.statement() if alone else engine.transaction() as connection:
        connection.execute(text(f"UPDATE ingest.head SET sequence = {sequence}"))
        connection.execute(text("SELECT 1 / 0"))


def test_a_statement_commits_by_itself_and_a_transaction_as_a_whole(database: TestServers) -> None:
    for sequence, alone in ((7, True), (8, False)):
        with pytest.raises(DataError):
            give_up_after(sequence, alone=alone)
    with engine.transaction() as connection:
        assert connection.execute(text("SELECT sequence FROM ingest.head")).scalar_one() == 7


def cut_all_others() -> None:
    """End every idle connection of the database, as a restart does."""
    with psycopg.connect(engine.dsn(), autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND state = 'idle' AND datname = current_database()"
        )


def test_a_connection_that_died_while_idle_is_not_given_out(
    database: TestServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No wait in a test: what is unused for no time at all is taken for idle.
    monkeypatch.setattr(engine, "UNPROVEN_AFTER", 0.0)
    with engine.transaction() as connection:
        first = connection.scalar(text("SELECT pg_backend_pid()"))
    with engine.transaction() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == first
    cut_all_others()
    for opened in (engine.transaction, engine.statement, engine.snapshot):
        with opened() as connection:
            assert connection.scalar(text("SELECT pg_backend_pid()")) != first


def test_where_one_has_died_all_are_made_anew(
    database: TestServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.transaction() as one, engine.transaction() as other:
        for connection in (one, other):
            connection.execute(text("SELECT 1"))
    cut_all_others()
    monkeypatch.setattr(engine, "UNPROVEN_AFTER", 0.0)
    with engine.transaction() as one:
        # From here on, none is tried before it is given out.
        monkeypatch.setattr(engine, "UNPROVEN_AFTER", 60.0)
        with engine.transaction() as other:
            assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1")) == 1


def test_one_that_the_server_ended_just_now_is_not_given_out(database: TestServers) -> None:
    with engine.transaction() as connection:
        connection.execute(text("SELECT 1"))
    cut_all_others()
    for opened in (engine.transaction, engine.statement, engine.snapshot):
        with opened() as connection:
            assert connection.scalar(text("SELECT 1")) == 1


def die_in_use() -> None:
    with engine.transaction() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        with engine.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
        connection.execute(text("SELECT 1"))


def test_one_that_dies_in_use_says_that_the_database_is_away(database: TestServers) -> None:
    with pytest.raises(engine.AWAY):
        die_in_use()
    with engine.transaction() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
