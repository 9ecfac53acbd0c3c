"""Connections: a statement alone commits by itself, a transaction only as a whole."""

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
