"""``pabal digests``: what was issued and what is to come, seen before and settled by hand."""

import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.cli.client import hub, path
from services.cli.output import AsJson, Limit, fail, show, show_list

digests = typer.Typer(no_args_is_help=True, help="Digests.")
_PLAN = ("local", "timezone", "cadence", "state")
Days = Annotated[int, typer.Option(min=1, max=31, help="How far to look ahead")]


@digests.command("list")
def list_digests(partner: str, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List a partner's issues, the newest first."""
    with hub() as api:
        items = api.listed(path("partners", partner, "digests"), limit)
    show_list(items, ("id", "slot", "state", "posts", "mail", "sent_at"), as_json)


@digests.command("show")
def show_digest(id: str, as_json: AsJson = False) -> None:
    """Show one issue, and the posts that it tells of."""
    with hub() as api:
        show(api.get(path("digests", id)), as_json)


@digests.command("calendar")
def show_calendar(
    partner: Annotated[str | None, typer.Argument(help="Whose; all partners' by default")] = None,
    days: Days = 7,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """List what is to be issued, in order, each in its partner's local time."""
    where = "/v1/digests/calendar"
    if partner is not None:
        where = path("partners", partner, "digests/calendar")
    with hub() as api:
        items = api.listed(where, limit, days=days)
    show_list(items, ("slot", "partner", *_PLAN) if partner is None else ("slot", *_PLAN), as_json)


@digests.command("preview")
def preview_digest(
    partner: str,
    text: Annotated[bool, typer.Option("--text", help="Print the text; the default")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the HTML to this file")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the HTML in a browser")] = False,
    as_json: AsJson = False,
) -> None:
    """Compose what would be sent now; sends nothing, changes nothing."""
    with hub() as api:
        preview = api.post(path("partners", partner, "digests/preview"))
    if html is not None:
        _write(html, preview["html"])
    if open_it:
        _open(html or _kept(preview["html"]))
    if as_json:
        show(preview, True)
    elif text or not (html or open_it):
        typer.echo(f"{preview['subject']}\n\n{preview['text']}")


@digests.command("issue")
def issue_digest(partner: str, as_json: AsJson = False) -> None:
    """Issue a digest now, for the window since the last."""
    with hub() as api:
        show(api.post(path("partners", partner, "digests")), as_json)


@digests.command("skip")
def skip_digest(
    partner: str,
    slot: Annotated[
        str | None, typer.Option(help="As the calendar shows it; the next one by default")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send nothing at a slot; its posts come with the issue after it."""
    wish: dict[str, Any] | None = None if slot is None else {"slot": slot}
    with hub() as api:
        show(api.post(path("partners", partner, "digests/skip"), wish), as_json)


@digests.command("resend")
def resend_digest(
    partner: str,
    digest: str,
    to: Annotated[
        str | None, typer.Option(help="One of its addresses; all of them by default")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Mail an issue again; addresses that are suppressed get none."""
    wish = None if to is None else {"to": to}
    with hub() as api:
        answer = api.post(
            path("partners", partner, f"digests/{quote(digest, safe='')}/resend"), wish
        )
    if as_json:
        show(answer, True)
    else:
        show_list(answer["mail"], ("address", "state", "attempts", "next_at", "error"), False)


@digests.command("test")
def mail_test(
    partner: str,
    to: Annotated[str, typer.Option(help="Where to, such as your own address")],
    as_json: AsJson = False,
) -> None:
    """Mail what would be sent now, marked as a test; nothing else changes."""
    with hub() as api:
        show(api.post(path("partners", partner, "digests/test"), {"to": to}), as_json)


@digests.command("tests")
def list_tests(partner: str, as_json: AsJson = False) -> None:
    """List the latest tests, and what became of each."""
    with hub() as api:
        items = api.get(path("partners", partner, "digests/tests"))["items"]
    show_list(items, ("id", "address", "state", "attempts", "next_at", "error", "sent_at"), as_json)


@digests.command("suppressions")
def list_suppressions(
    partner: str,
    lift: Annotated[str | None, typer.Option(help="Send to this address again")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the addresses that get none of a partner's digests, or lift one."""
    with hub() as api:
        if lift is not None:
            api.call("DELETE", path("partners", partner, f"suppressions/{quote(lift, safe='@')}"))
            return
        items = api.listed(path("partners", partner, "suppressions"), limit)
    show_list(items, ("address", "reason", "since"), as_json)


def _write(file: Path, html: str) -> None:
    try:
        file.write_text(html, encoding="utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")


def _kept(html: str) -> Path:
    """Keep the HTML for the browser, which reads it after this process has ended."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="pabal-digest-", suffix=".html", delete=False
    ) as file:
        file.write(html)
    return Path(file.name)


def _open(file: Path) -> None:
    if not webbrowser.open(file.resolve().as_uri()):
        fail(f"no browser could be opened; the digest stands in {file}")
