"""The supervisor on small programs."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from services.embedded.child import Child
from services.embedded.errors import StartError
from services.embedded.supervisor import Supervisor
from tests.integration.embedded.observe import eventually

SLEEP = "import signal; signal.pause()"


def python(name: str, script: str, **rest: object) -> Child:
    fields = {"name": name, "argv": (sys.executable, "-c", script), "environment": {}} | rest
    return Child(**fields)  # type: ignore[arg-type]


def note(path: Path, then: str = SLEEP) -> str:
    """A program that appends its process id to a file."""
    return f"import os; open({str(path)!r}, 'a').write(f'{{os.getpid()}}\\n'); {then}"


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


async def until(holds: object, within: float = 10.0) -> bool:
    return await asyncio.to_thread(eventually, holds, within)  # type: ignore[arg-type]


def test_a_killed_child_is_started_again_at_once(tmp_path: Path) -> None:
    started = tmp_path / "started"

    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.start(python("child", note(started)))
            assert await until(lambda: len(pids(started)) == 1)
            os.kill(pids(started)[0], signal.SIGKILL)
            assert await until(lambda: len(pids(started)) == 2)

    asyncio.run(check())


def test_a_child_that_has_served_is_never_given_up(tmp_path: Path) -> None:
    started = tmp_path / "started"

    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.start(python("child", note(started, then="raise SystemExit(3)")))
            assert await until(lambda: len(pids(started)) == 5)

    asyncio.run(check())


def test_what_a_dead_child_had_started_ends_with_it(tmp_path: Path) -> None:
    inner = note(tmp_path / "inner")
    outer = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {inner!r}]); {SLEEP}"

    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.start(python("child", note(tmp_path / "outer", then=outer)))
            assert await until(lambda: pids(tmp_path / "inner"))
            first = pids(tmp_path / "inner")[0]
            os.kill(pids(tmp_path / "outer")[0], signal.SIGKILL)
            assert await until(lambda: not Path(f"/proc/{first}").exists() or zombie(first))

    asyncio.run(check())


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_later_stage_waits_until_the_earlier_one_is_ready(tmp_path: Path) -> None:
    asked = 0

    async def ready() -> bool:
        nonlocal asked
        asked += 1
        assert pids(tmp_path / "second") == []
        return asked == 4

    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.start(python("first", SLEEP, ready=ready))
            await supervisor.start(python("second", note(tmp_path / "second")))
            assert await until(lambda: pids(tmp_path / "second"))

    asyncio.run(check())
    assert asked == 4


async def never() -> bool:
    return False


def test_a_child_that_cannot_start_is_an_error_that_names_its_log(tmp_path: Path) -> None:
    log = tmp_path / "child.log"

    async def check() -> None:
        async with Supervisor() as supervisor:
            child = python("child", "raise SystemExit('no room')", ready=never, log=log)
            await supervisor.start(child)

    with pytest.raises(StartError, match=r"ended 3 times at once.*status 1.*child\.log"):
        asyncio.run(check())
    assert log.read_text() == "no room\n" * 3


def test_a_child_that_is_not_ready_in_time_is_an_error() -> None:
    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.start(python("slow", SLEEP, ready=never, ready_within=0.3))

    with pytest.raises(StartError, match=r"slow was not ready within 0\.3 s"):
        asyncio.run(check())


def test_a_program_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    missing = Child("missing", (str(tmp_path / "none"),), {}, ready=never, log=tmp_path / "log")

    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.start(missing)

    with pytest.raises(StartError, match="missing cannot be started"):
        asyncio.run(check())
    assert "No such file or directory" in (tmp_path / "log").read_text()


def test_a_stubborn_child_is_ended_within_its_time(tmp_path: Path) -> None:
    started = tmp_path / "started"
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {note(started)}"

    async def check() -> float:
        async with Supervisor() as supervisor:
            await supervisor.start(python("stubborn", stubborn, stop_within=0.3))
            assert await until(lambda: pids(started))
            began = time.monotonic()
        return time.monotonic() - began

    assert 0.3 <= asyncio.run(check()) < 2.0
    assert not Path(f"/proc/{pids(started)[0]}").exists()


def test_stages_stop_in_reverse_order(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def leaving(name: str) -> str:
        goodbye = f"open({str(order)!r}, 'a').write('{name} ')"
        handler = f"signal.signal(15, lambda *_: ({goodbye}, sys.exit()))"
        ready = f"open({str(tmp_path / name)!r}, 'w').close()"
        return f"import signal, sys; {handler}; {ready}; signal.pause()"

    async def check() -> None:
        async with Supervisor() as supervisor:
            for name in ("server", "app"):
                await supervisor.start(python(name, leaving(name)))
                assert await until((tmp_path / name).exists)

    asyncio.run(check())
    assert order.read_text() == "app server "


def test_a_run_that_fails_is_an_error() -> None:
    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.run(python("migrate", "raise SystemExit(4)"), within=10)

    with pytest.raises(StartError, match=r"migrate failed \(status 4\)"):
        asyncio.run(check())


def test_a_run_that_takes_too_long_is_ended() -> None:
    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.run(python("migrate", SLEEP), within=0.3)

    with pytest.raises(StartError, match=r"migrate did not end within 0\.3 s"):
        asyncio.run(check())


def test_a_child_has_a_session_of_its_own_and_no_input(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = (
        "import os, sys;"
        f"open({str(told)!r}, 'w').write(f'{{os.getsid(0) == os.getpid()}} {{sys.stdin.read()!r}}')"
    )

    async def check() -> None:
        async with Supervisor() as supervisor:
            await supervisor.run(python("child", script), within=10)

    asyncio.run(check())
    assert told.read_text() == "True ''"
