"""Three workers at once, each rung by two beats, and one is killed in the middle of an issue."""

import subprocess
import sys
from collections import Counter

from sqlalchemy import TextClause, text

from shared.db import engine
from tests.integration.feeds.issues import (
    Clock,
    a_subscriber,
    announced,
    ledger,
    posted,
    told,
)
from tests.support.polling import until
from tests.support.session import Api, settle

SLOT = "2026-03-10T07:00:00Z"
PARTNERS = [f"partner-{number}" for number in range(8)]
WORKER = """
import sys
from datetime import datetime
from services.feeds.digest.issue import issue_due
now = datetime.fromisoformat(sys.argv[1])
print("ready", flush=True)
for ring in sys.stdin:
    issue_due(now)
"""
WAITS = text("""
    SELECT pid FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE 'COPY "ingest"."event"%'
""")
DUE = text("SELECT id FROM feeds.digest WHERE state = 'due'")


def test_each_slot_is_issued_once_whoever_asks_and_dies(admin: Api, time: Clock) -> None:
    for id in PARTNERS:
        a_subscriber(admin, id)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    command = [sys.executable, "-c", WORKER, SLOT]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    victim, *others = workers
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        with engine.transaction() as blocking:
            # Nobody can announce: the first worker has claimed and composed, and hangs.
            blocking.execute(text("LOCK TABLE ingest.event IN SHARE MODE"))
            _ring(victim)
            dead = until(lambda: _found(WAITS), "it to announce", 10)
            victim.kill()
            victim.wait(10)
            for worker in others:
                _ring(worker)
                _ring(worker)
            # Its server process does not know yet, and keeps its place.
            until(lambda: len(_found(WAITS) - dead) == len(others), "the others to announce", 10)
        for worker in others:
            worker.communicate(timeout=30)
            assert worker.returncode == 0
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    settle()
    assert _found(DUE) == set()
    for id in PARTNERS:
        assert [issue["state"] for issue in ledger(admin, id)] == ["sent"]
        assert told(admin, id) == [["a"]]
    assert Counter(event["data"]["partner"] for event in announced()) == Counter(PARTNERS)


def _ring(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.write("ring\n")
    worker.stdin.flush()


def _found(query: TextClause) -> set[object]:
    with engine.transaction() as connection:
        return set(connection.scalars(query))
