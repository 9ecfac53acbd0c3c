"""Looking at processes from outside, and waiting for what must come."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Seen:
    """A process as it was seen; its start time tells it from a later one with the same id."""

    pid: int
    parent: int
    started: str
    command: str


def processes() -> list[Seen]:
    """List all processes that live (a zombie does not)."""
    found = (_look(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [seen for seen in found if seen is not None]


def descendants(pid: int) -> list[Seen]:
    """List the children of a process, theirs, and so on."""
    everything = processes()
    family = {pid}
    while True:
        more = {seen.pid for seen in everything if seen.parent in family} - family
        if not more:
            return [seen for seen in everything if seen.pid in family and seen.pid != pid]
        family |= more


def alive(seen: list[Seen]) -> list[Seen]:
    """Return those that still live."""
    now = {(process.pid, process.started) for process in processes()}
    return [process for process in seen if (process.pid, process.started) in now]


def eventually(holds: Callable[[], object], within: float = 10.0) -> bool:
    """Wait until something holds; say whether it came to."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return bool(holds())


def _look(pid: int) -> Seen | None:
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in {"Z", "X"}:
        return None
    return Seen(pid, int(fields[1]), fields[19], command.strip())
