"""The whole one-command hub, its own processes faked, seen from outside."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.integration.embedded.observe import Seen, alive, descendants, eventually

RUN_HUB = Path(__file__).parent / "programs" / "run_hub.py"
APPS = ("serve all", "deliver", "worker", "beat")
FAKE = "fake_pabal.py"

Start = Callable[..., subprocess.Popen[str]]


@contextmanager
def started(home: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if "PABAL" not in name}
    environment |= {"PABAL_HOME": str(home), "PABAL_PORT": str(port)} | more
    process = subprocess.Popen(
        [sys.executable, str(RUN_HUB)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        left = descendants(process.pid)
        process.kill()
        process.communicate(timeout=10)
        assert eventually(lambda: not alive(left)), alive(left)


@contextmanager
def starter(home: Path, port: int) -> Iterator[Start]:
    with ExitStack() as closing:

        def start(**more: str) -> subprocess.Popen[str]:
            return closing.enter_context(started(home, port, **more))

        yield start


@pytest.fixture
def hub(home: Path, free_port: int) -> Iterator[Start]:
    """Starts hubs on a home whose data are made already."""
    with starter(home, free_port) as start:
        yield start


@pytest.fixture
def new_hub(folder: Path, free_port: int) -> Iterator[Start]:
    """Starts hubs on a home that does not exist yet."""
    with starter(folder / "home", free_port) as start:
        yield start


def await_ready(process: subprocess.Popen[str]) -> str:
    """Return the address that the hub prints when all is up."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready "):
            return line.split()[1]
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def family(process: subprocess.Popen[str]) -> list[Seen]:
    return descendants(process.pid)


def find(process: subprocess.Popen[str], command: str) -> Seen:
    """Return one of the hub's own processes, once it is there."""

    def found() -> list[Seen]:
        ours = (seen for seen in family(process) if is_app(seen))
        return [seen for seen in ours if seen.command.endswith(f"{FAKE} {command}")]

    assert eventually(lambda: len(found()) == 1), command
    return found()[0]


def gone(seen: Seen) -> bool:
    return not alive([seen])


def is_app(seen: Seen) -> bool:
    """Say whether it is one of the hub's own processes, past its launcher."""
    return FAKE in seen.command and "launch.py" not in seen.command


def test_it_serves_and_tells_where(new_hub: Start, folder: Path, free_port: int) -> None:
    process = new_hub()
    url = await_ready(process)

    assert url == f"http://127.0.0.1:{free_port}"
    assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    told = folder / "home" / "hub.json"
    assert told.stat().st_mode & 0o777 == 0o600
    assert json.loads(told.read_text()) == {
        "url": url,
        "public_url": f"http://localhost:{free_port}",
        "pid": process.pid,
    }
    for command in APPS:
        assert find(process, command).parent == process.pid


def test_its_processes_get_what_they_need_and_no_secret_is_visible(
    hub: Start, folder: Path
) -> None:
    process = hub()
    await_ready(process)
    told = dict(
        line.split("=", 1) for line in (folder / "home" / "serve.told").read_text().splitlines()
    )

    password = re.fullmatch(
        r"postgresql://pabal:(\w{48})@/pabal\?host=\S+&port=5432", told["PABAL_DATABASE_URL"]
    )
    assert password is not None
    assert re.fullmatch(r"unix:///\S+\?db=0", told["PABAL_BROKER_URL"])
    assert re.fullmatch("pabal_[0-9a-f]{16}_[0-9a-f]{48}", told["PABAL_BOOTSTRAP_KEY"])
    hidden = (password[1], told["PABAL_SECRET_KEYS"], told["PABAL_BOOTSTRAP_KEY"])
    for seen in family(process):
        assert not any(secret in seen.command for secret in hidden)


def test_ctrl_c_and_term_stop_everything_within_five_seconds(hub: Start, folder: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        process = hub()
        await_ready(process)
        before = family(process)
        began = time.monotonic()
        process.send_signal(number)

        assert process.wait(10) == 0
        assert time.monotonic() - began < 5.0
        assert len(before) > len(APPS)
        assert alive(before) == []
        assert not (folder / "home" / "hub.json").exists()


def test_a_stubborn_process_does_not_hold_up_the_stop(hub: Start, folder: Path) -> None:
    process = hub(FAKE_STUBBORN="worker")
    await_ready(process)
    assert eventually((folder / "home" / "worker.told").exists)
    before = family(process)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 0
    assert time.monotonic() - began < 5.0
    assert alive(before) == []


def test_kill_of_the_supervisor_leaves_nothing_and_the_next_start_works(hub: Start) -> None:
    process = hub()
    await_ready(process)
    before = family(process)
    process.kill()

    assert eventually(lambda: not alive(before), within=3.0), alive(before)
    await_ready(hub())


def test_the_next_start_may_come_at_once(hub: Start) -> None:
    first = hub()
    await_ready(first)
    first.kill()

    await_ready(hub())


def test_the_next_start_waits_for_a_server_that_still_stops(hub: Start) -> None:
    first = hub()
    await_ready(first)
    (postmaster,) = (seen for seen in family(first) if "/bin/postgres -D" in seen.command)
    os.kill(postmaster.pid, signal.SIGSTOP)
    first.kill()
    second = hub()
    assert second.stdout is not None
    waits = any("server.left_behind" in line for line in second.stdout)
    os.kill(postmaster.pid, signal.SIGCONT)

    assert waits
    await_ready(second)
    assert alive([postmaster]) == []


@pytest.mark.soak
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_while_data_are_made_leaves_nothing_that_hinders(
    new_hub: Start, folder: Path, number: signal.Signals
) -> None:
    process = new_hub()
    assert eventually((folder / "home" / "postgres.new" / "data" / "base").exists)
    before = family(process)
    process.send_signal(number)

    assert process.wait(5) == (0 if number == signal.SIGTERM else -number)
    assert eventually(lambda: not alive(before), within=3.0), alive(before)
    assert not (folder / "home" / "postgres").exists()
    await_ready(new_hub())


def test_each_killed_process_comes_back(hub: Start) -> None:
    process = hub()
    url = await_ready(process)
    for command in APPS:
        killed = find(process, command)
        os.kill(killed.pid, signal.SIGKILL)

        assert eventually(partial(gone, killed)), command
        assert find(process, command).pid != killed.pid

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    assert eventually(answers)


def test_a_second_hub_on_the_same_home_is_refused(hub: Start) -> None:
    first = hub()
    await_ready(first)
    second = hub()
    _, complaint = second.communicate(timeout=20)

    assert second.returncode == 1
    assert "already runs on" in complaint
    assert f"(process {first.pid})" in complaint
    assert first.poll() is None


def test_a_taken_port_is_told_before_anything_is_started(
    new_hub: Start, folder: Path, free_port: int
) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        process = new_hub()
        _, complaint = process.communicate(timeout=20)

    assert process.returncode == 1
    assert f"port {free_port} on 127.0.0.1 cannot be used" in complaint
    assert f"PABAL_PORT={free_port + 1}" in complaint
    assert not (folder / "home" / "postgres").exists()


def test_a_failed_migration_ends_the_start(hub: Start) -> None:
    process = hub(FAKE_MIGRATE_STATUS="7")
    output, complaint = process.communicate(timeout=30)

    assert process.returncode == 1
    assert complaint.endswith("pabal: migrate failed (status 7)\n")
    assert "ready" not in [line.split()[0] for line in output.splitlines()]


def test_given_servers_are_not_embedded(new_hub: Start, folder: Path) -> None:
    process = new_hub(
        PABAL_DATABASE_URL="postgresql://db.example/hub", PABAL_BROKER_URL="redis://broker.example"
    )
    await_ready(process)

    told = (folder / "home" / "serve.told").read_text()
    assert "PABAL_DATABASE_URL=postgresql://db.example/hub\n" in told
    assert "PABAL_BROKER_URL=redis://broker.example\n" in told
    assert not (folder / "home" / "postgres").exists()
    assert all(FAKE in seen.command or "pause" in seen.command for seen in family(process))


def test_a_home_that_cannot_be_written_is_told(new_hub: Start, folder: Path) -> None:
    (folder / "home").write_text("a file")
    process = new_hub()
    _, complaint = process.communicate(timeout=20)

    assert process.returncode == 1
    assert complaint.startswith("pabal: the home ")
    assert "set PABAL_HOME" in complaint
