"""``pabal status``: is anything late, and where?"""

from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from services.cli.client import hub
from services.cli.output import AsJson, show

LATE = 15.0
"""Seconds after which undone work counts as late."""


def status(as_json: AsJson = False) -> None:
    """Show whether anything is late; the exit status says so too."""
    with hub() as api:
        taken = api.get("/v1/status")
    if as_json:
        show(taken, True)
    else:
        _print(taken)
    raise typer.Exit(1 if late(taken) else 0)


def late(taken: dict[str, Any]) -> list[str]:
    """Return what is late, in words.

    >>> late({"queues": {"feeds": {"depth": 3, "oldest_age_s": 40.0}},
    ...       "beat": {"last_tick_age_s": 1.0}})
    ['feeds: 3 undone, the oldest for 40 s']
    """
    found = [
        f"{name}: {queue['depth']} undone, the oldest for {queue['oldest_age_s']:.0f} s"
        for name, queue in taken["queues"].items()
        if queue["oldest_age_s"] > LATE
    ]
    age = taken["beat"]["last_tick_age_s"]
    if age is None or age > LATE:
        found.append("beat: no tick" if age is None else f"beat: no tick for {age:.0f} s")
    return found


def _print(taken: dict[str, Any]) -> None:
    console = Console(highlight=False)
    queues = Table("queue", "undone", "oldest", box=box.SIMPLE, pad_edge=False)
    for name, queue in taken["queues"].items():
        queues.add_row(name, str(queue["depth"]), f"{queue['oldest_age_s']:.1f} s")
    console.print(queues)
    for name in ("posts", "endpoints", "deliveries", "mail"):
        counts = ", ".join(f"{count} {state}" for state, count in sorted(taken[name].items()))
        console.print(f"{name:<11} {counts or 'none'}")
    console.print(f"{'workers':<11} {', '.join(taken['workers']) or 'none answers'}")
    console.print(f"{'engines':<11} {len(taken['engines'])}")
    problems = late(taken)
    console.print("\nLate: " + "; ".join(problems) if problems else "\nNothing is late.")
