"""The servers that the test suite itself uses."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from tests.integration.embedded.observe import alive, descendants, eventually
from tests.support.servers import running_servers

HOLD = Path(__file__).parent / "programs" / "hold_servers.py"


def test_both_serve_and_nothing_stays() -> None:
    with running_servers() as servers:
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
        with redis.Redis.from_url(servers.broker_url) as client:
            assert client.ping()

    assert not servers.home.parent.exists()


def test_they_stop_when_a_test_fails() -> None:
    with pytest.raises(ZeroDivisionError), running_servers() as servers:
        raise ZeroDivisionError

    assert not servers.home.parent.exists()


def test_they_can_be_durable() -> None:
    with running_servers(durable=True) as servers, psycopg.connect(servers.database_url) as used:
        assert used.execute("SHOW fsync").fetchone() == ("on",)


def test_they_die_with_a_killed_test_runner() -> None:
    runner = subprocess.Popen(
        [sys.executable, str(HOLD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert runner.stdout is not None
        home = Path(next(line for line in runner.stdout if line.startswith("/")).strip())
        before = descendants(runner.pid)
    finally:
        runner.kill()
        runner.communicate()

    assert len(before) > 2
    assert eventually(lambda: not alive(before), within=3.0), alive(before)
    subprocess.run(["rm", "-rf", str(home.parent)], check=True)
