"""``pabal listen``: a local receiver for trying webhooks out."""

import json
import signal
import threading
from typing import Annotated

import typer

from services.cli.client import hub
from services.cli.output import fail
from services.cli.receiver import Received, Receiver
from services.notify.signing import secret_bytes
from shared import text

PATH = "/"


def listen(
    partner: Annotated[
        str | None, typer.Option(help="Make an endpoint for this partner while listening")
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(envvar="PABAL_WEBHOOK_SECRET", help="The secret of an existing endpoint"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one")] = 8090,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many events")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print whole events")] = False,
) -> None:
    """Receive webhooks on this machine, verify their signatures and print the events.

    The hub must admit loopback: PABAL_ALLOWED_NETWORKS=127.0.0.0/8 and PABAL_ALLOW_HTTP=1.
    """
    if (partner is None) == (secret is None):
        raise typer.BadParameter("give --partner to make an endpoint, or --secret of one that is")
    if secret is not None:
        _check(secret)
    enough = threading.Event()
    remaining = [count]

    def on_event(received: Received) -> None:
        _print(received, as_json)
        if remaining[0] is not None:
            remaining[0] -= 1
            if remaining[0] <= 0:
                enough.set()

    try:
        receiver = Receiver(port, on_event)
    except OSError as error:
        fail(f"port {port} cannot be used ({error.strerror}); give another by --port")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: enough.set())
    _receive(receiver, partner, secret, enough)


def _check(secret: str) -> None:
    try:
        known = secret_bytes(secret)
    except ValueError:
        known = b""
    if not known:
        raise typer.BadParameter("the secret is not one of the form whsec_…")


def _receive(
    receiver: Receiver, partner: str | None, secret: str | None, enough: threading.Event
) -> None:
    receiver.start()
    made: str | None = None
    try:
        if partner is not None:
            with hub() as api:
                endpoint = api.post(
                    "/v1/endpoints", {"partner": partner, "url": receiver.url + PATH}
                )
            made, secret = endpoint["id"], endpoint["secret"]
        assert secret is not None
        receiver.secrets[PATH] = secret
        typer.echo(f"listening on {receiver.url}{PATH}", err=True)
        enough.wait()
    finally:
        if made is not None:
            with hub() as api:
                api.call("DELETE", f"/v1/endpoints/{made}")
        receiver.close()


def _print(received: Received, as_json: bool) -> None:
    event = received.event
    if as_json:
        typer.echo(json.dumps({"verified": received.verified, "event": event}, ensure_ascii=False))
        return
    mark = "verified" if received.verified else "NOT GENUINE"
    data = event.get("data")
    about = (data.get("title") or data.get("id") or "") if isinstance(data, dict) else ""
    told = (event.get("sequence") or "-", event.get("type", "?"), about)
    # Whoever is not genuine may send what a terminal obeys.
    sequence, type, title = (text.one_line(str(part)) for part in told)
    typer.echo(f"{mark}  {sequence:>6}  {type:<18} {title}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(listen)
