"""A child of the supervisor, described (pure)."""

import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.embedded import launch

Readiness = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running.

    Attributes:
        name: Its name in log lines.
        argv: The program, by absolute path, and its arguments; never a secret.
        environment: Its whole environment; secrets go here.
        ready: Whether it serves by now; None where being started is enough.
        ready_within: The seconds that the first start may take.
        stop_signal: Asks it to finish cleanly.
        death_signal: Ends it at once: sent when it does not stop in time, and by the kernel when
            the supervisor itself dies.
        stop_within: The seconds that a clean stop may take.
        log: Where its output goes; None shares the supervisor's own.
        account: The user to become; None stays as the supervisor.
        inherited: File descriptors that stay open in it, such as a lock it must hold.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Readiness | None = None
    ready_within: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    stop_within: float = 3.0
    log: Path | None = None
    account: Account | None = None
    inherited: tuple[int, ...] = ()


def launch_command(child: Child, parent: int) -> tuple[str, ...]:
    """Return the command line that runs a child so that it dies with the process ``parent``."""
    user = "-" if child.account is None else f"{child.account.uid}:{child.account.gid}"
    launcher = (sys.executable, "-I", "-S", launch.__file__)
    return (*launcher, str(parent), str(int(child.death_signal)), user, *child.argv)
