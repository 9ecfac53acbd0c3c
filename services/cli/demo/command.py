"""``pabal demo``."""

import signal
import sys
import threading
from typing import Annotated

import typer
from rich.console import Console

from services.cli.client import Hub
from services.cli.demo import report
from services.cli.demo.child import RunningHub, running_hub
from services.cli.demo.scenario import Scenario, Seen
from services.cli.receiver import Received, Receiver


def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End by itself, also on a terminal")
    ] = False,
) -> None:
    """Show the whole main path on a hub of its own, and check it; status 0 if all was true."""
    console = Console(highlight=False)
    console.print("Starting a hub of its own …")
    with running_hub() as hub:
        seen = _play(hub, console)
        found = report.checks(seen)
        report.show(seen, found, console)
        failed = [check for check in found if not check.holds]
        console.print(f"\n{len(found) - len(failed)} of {len(found)} checks hold")
        if sys.stdout.isatty() and not leave:
            _stay(hub, seen, console)
    raise typer.Exit(1 if failed else 0)


def _play(hub: RunningHub, console: Console) -> Seen:
    taking: list[Scenario] = []

    def hand_on(received: Received) -> None:
        taking[0].take(received)

    receiver = Receiver(0, hand_on)
    taking.append(Scenario(Hub(hub.url, hub.key), receiver))
    receiver.start()
    try:
        return taking[0].play(lambda step: console.print(f"  · {step}"))
    except TimeoutError as error:
        console.print(f"[red]✗ {error}")
        console.print((hub.home / "hub.log").read_text()[-3000:], markup=False)
        raise typer.Exit(1) from None
    finally:
        receiver.close()


def _stay(hub: RunningHub, seen: Seen, console: Console) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    console.print(f"\nThe hub stays up at [bold]{hub.url}[/bold] until Ctrl-C. Look at:")
    console.print(f"  {hub.url}/feeds  (every feed)")
    for name in ("all.atom", "ko/news.rss", "en/all.json"):
        console.print(f"  {hub.url}/feeds/{name}")
    for partner in seen.partners:
        # A wrapped address can be neither clicked nor copied.
        name = partner.record["name"]
        console.print(f"  {partner.digest['url']}  (digest of {name})", soft_wrap=True)
    console.print(f"  with PABAL_HOME={hub.home}: pabal status, pabal posts list, …")
    ended.wait()


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
