"""Connections: a statement alone commits by itself, a transaction only as a whole."""

from sqlalchemy import text

from shared.db import engine
from tests.support.servers import TestServers


def give_up_after(sequence: int, *, alone: bool) -> None:
    opened = engine.statement() if alone else engine.transaction()
    try:
        with opened as connection:
            connection.execute(text(f"UPDATE ingest.head SET sequence = {sequence}"))
            raise KeyError
    except KeyError:
        pass


def test_a_statement_commits_by_itself_and_a_transaction_as_a_whole(database: TestServers) -> None:
    give_up_after(7, alone=True)
    give_up_after(8, alone=False)
    with engine.transaction() as connection:
        assert connection.execute(text("SELECT sequence FROM ingest.head")).scalar_one() == 7
