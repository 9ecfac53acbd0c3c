"""A worker that kills itself at a step.

It reads lines ``STEP MOMENT``; for each, a child does what the worker does at that moment and is
killed (SIGKILL) at that step. It answers with the child's exit status. The parent only imports, so
that a child starts in no time, and has no connection to share.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.feeds.digest import issue
from services.feeds.mail import ledger, send, session
from shared import log


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(place: Any, name: str) -> None:
    setattr(place, name, die)


def after(place: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(place, name)

    def wrapped(*arguments: Any, **options: Any) -> None:
        original(*arguments, **options)
        die()

    setattr(place, name, wrapped)


STEPS: dict[str, Callable[[], None]] = {
    "the issue and its mails are written, not committed": lambda: after(ledger, "owe"),
    "the issue is committed": lambda: after(issue, "issue"),
    "the claim is not committed": lambda: after(ledger, "claim"),
    "the claim is committed": lambda: before(send, "_send_batch"),
    "connected": lambda: after(session._Client, "open"),
    "named the address": lambda: before(session._Client, "data"),
    "taken by the server": lambda: after(session._Client, "data"),
    "the record is not committed": lambda: after(ledger, "record"),
    "the record is committed": lambda: after(send, "_record"),
}


def work(step: str, now: datetime) -> None:
    """Do what the worker does at a moment, until it dies."""
    STEPS[step]()
    issue.issue_due(now)
    send.send_due(lambda: now)


def main() -> None:
    log.configure("worker")
    for line in sys.stdin:
        step, _, moment = line.strip().partition("|")
        child = os.fork()
        if child == 0:
            work(step, datetime.fromisoformat(moment))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
