"""Locks that say who runs a home.

`hub.lock` is the supervisor's. `servers.lock` is held by every process of the embedded servers
(they inherit the descriptor), so whoever takes it knows that none of them lives any more, whatever
pid files and sockets they left behind.
"""

import asyncio
import fcntl
import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import structlog

from services.embedded.errors import StartError

POLL_SECONDS = 0.05

log = structlog.get_logger("pabal.supervisor")


@dataclass(frozen=True, slots=True)
class Leftover:
    """A server that may have outlived its supervisor.

    Attributes:
        pid_file: Names its process id in the first line.
        mark: Stands in its command line, so that another process with that id is left alone.
        stop_signal: Makes it stop.
    """

    pid_file: Path
    mark: str
    stop_signal: signal.Signals


def take_lock(path: Path) -> int | None:
    """Take a lock and write our process id into it.

    Returns:
        The open descriptor, which holds the lock until it is closed here and wherever it was
        inherited; None where another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def take_hub_lock(path: Path) -> int:
    """Take the supervisor's lock.

    Raises:
        StartError: Another hub runs on this home.
    """
    descriptor = take_lock(path)
    if descriptor is None:
        pid = path.read_text().strip()
        raise StartError(
            f"a hub already runs on {path.parent} (process {pid}); stop it first (kill {pid}), or"
            " give this one another PABAL_HOME and PABAL_PORT"
        )
    return descriptor


async def take_servers_lock(path: Path, leftovers: Iterable[Leftover], *, within: float) -> int:
    """Take the servers' lock; stop and await those that a killed supervisor left behind.

    Raises:
        StartError: They still run after ``within`` seconds.
    """
    deadline = monotonic() + within
    untold = list(leftovers)
    while (descriptor := take_lock(path)) is None:
        if monotonic() > deadline:
            raise StartError(f"servers of an earlier hub on {path.parent} do not stop; end them")
        # One that was only starting may not be recognisable yet.
        untold = [leftover for leftover in untold if not stop_leftover(leftover)]
        await asyncio.sleep(POLL_SECONDS)
    return descriptor


def stop_leftover(leftover: Leftover) -> bool:
    """Ask a leftover server to stop, if its process is still that server; say whether it was."""
    if not leftover.pid_file.exists():
        return False
    first = leftover.pid_file.read_text().partition("\n")[0].strip()
    if not first.isdigit() or leftover.mark not in command_line(int(first)):
        return False
    log.warning("server.left_behind", pid=int(first))
    with suppress(ProcessLookupError):
        os.kill(int(first), leftover.stop_signal)
    return True


def command_line(pid: int) -> str:
    """Return the command line of a process; empty where there is no such process."""
    arguments = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return arguments.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    listing = ("/bin/ps", "-o", "command=", "-p", str(pid))
    return subprocess.run(listing, capture_output=True, check=False, timeout=5).stdout.decode()
