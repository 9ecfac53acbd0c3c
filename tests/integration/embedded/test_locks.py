"""Who holds a home."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.embedded.errors import StartError
from services.embedded.lock import (
    Leftover,
    command_line,
    stop_leftover,
    take_hub_lock,
    take_lock,
    take_servers_lock,
)
from tests.integration.embedded.observe import eventually

MARK = "--of=/srv/some-home"


SERVER = (sys.executable, "-c", "import signal; signal.pause()", MARK)


@pytest.fixture
def server() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(SERVER) as process:
        # The kernel shows the command line a moment after the program has begun.
        assert eventually(lambda: MARK in command_line(process.pid))
        yield process
        process.kill()


def test_a_lock_is_taken_once_and_free_again_when_closed(tmp_path: Path) -> None:
    held = take_lock(tmp_path / "lock")

    assert held is not None
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    assert take_lock(tmp_path / "lock") is None
    os.close(held)
    again = take_lock(tmp_path / "lock")
    assert again is not None
    os.close(again)


def test_a_held_hub_lock_names_its_holder(tmp_path: Path) -> None:
    held = take_hub_lock(tmp_path / "hub.lock")

    with pytest.raises(StartError, match=rf"process {os.getpid()}\).*PABAL_HOME"):
        take_hub_lock(tmp_path / "hub.lock")
    os.close(held)


def test_an_inherited_lock_is_held_until_its_heir_ends_and_the_heir_is_told_to(
    tmp_path: Path,
) -> None:
    held = take_lock(tmp_path / "lock")
    assert held is not None
    heir = subprocess.Popen(SERVER, pass_fds=(held,))
    os.close(held)
    assert take_lock(tmp_path / "lock") is None
    (tmp_path / "pid").write_text(f"{heir.pid}\n/elsewhere\n")
    leftover = Leftover(tmp_path / "pid", MARK, signal.SIGTERM)

    taken = asyncio.run(take_servers_lock(tmp_path / "lock", (leftover,), within=10))

    os.close(taken)
    assert heir.wait(10) == -signal.SIGTERM


def test_an_heir_that_stays_is_an_error(tmp_path: Path) -> None:
    held = take_lock(tmp_path / "lock")
    assert held is not None

    with pytest.raises(StartError, match="do not stop"):
        asyncio.run(take_servers_lock(tmp_path / "lock", (), within=0.2))
    os.close(held)


def test_another_process_with_the_same_id_is_left_alone(
    tmp_path: Path, server: "subprocess.Popen[bytes]"
) -> None:
    (tmp_path / "pid").write_text(f"{server.pid}\n")

    assert not stop_leftover(Leftover(tmp_path / "pid", "/srv/other-home", signal.SIGKILL))
    assert server.poll() is None


@pytest.mark.parametrize("content", ["", "\n", "none\n", "-5\n"])
def test_a_pid_file_that_names_no_process_is_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content)

    assert not stop_leftover(Leftover(tmp_path / "pid", "", signal.SIGKILL))


def test_an_ended_process_has_no_command_line(server: "subprocess.Popen[bytes]") -> None:
    server.kill()
    server.wait()
    assert command_line(server.pid) == ""
