"""``pabal digests`` against a hub: what was issued, what is to come, and both changed by hand."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from shared.settings import settings
from tests.integration.feeds import issues
from tests.integration.feeds.issues import Clock, a_subscriber, due, posted, told
from tests.support.session import Api

SLOT = "2026-03-10T07:00:00Z"
Pabal = Callable[..., Result]


@pytest.fixture
def time() -> Iterator[Clock]:
    """The services' clock, which stands still until it is set."""
    with issues.clock() as clock:
        yield clock


@pytest.fixture
def pabal(admin: Api, hub_url: str, time: Clock) -> Iterator[Pabal]:
    """Run a command with a key; the partner has had one post, and another waits for it."""
    a_subscriber(admin)
    posted(admin, time, "2026-03-09T06:00:00Z", "a")
    due("2026-03-09T07:00:00Z")
    posted(admin, time, "2026-03-10T06:00:00Z", "b")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PABAL_KEY", admin.http.headers["authorization"].removeprefix("Bearer "))
        patch.setenv("PABAL_PUBLIC_URL", hub_url)
        settings.cache_clear()
        yield lambda *arguments: CliRunner(env={"COLUMNS": "200"}).invoke(
            app, ["digests", *arguments]
        )
    settings.cache_clear()


def answer(result: Result) -> Any:
    """Return what a command printed as JSON."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_issues_are_listed_and_shown(pabal: Pabal, admin: Api) -> None:
    listed = answer(pabal("list", "harbour", "--json"))
    kept = admin("GET", "/v1/partners/harbour/digests").json()["items"]
    assert listed["items"] == kept
    (issue,) = kept
    shown = answer(pabal("show", issue["id"], "--json"))
    assert shown == admin("GET", f"/v1/digests/{issue['id']}").json()
    table = pabal("show", issue["id"])
    assert table.exit_code == 0
    assert "harbour" in table.stdout


def test_a_preview_is_printed_written_or_opened(
    pabal: Pabal, admin: Api, time: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time.is_at(SLOT)
    preview = admin("POST", "/v1/partners/harbour/digests/preview").json()
    printed = f"{preview['subject']}\n\n{preview['text']}\n"
    assert pabal("preview", "harbour").stdout == pabal("preview", "harbour", "--text").stdout
    assert pabal("preview", "harbour").stdout == printed
    assert answer(pabal("preview", "harbour", "--json")) == preview
    file = tmp_path / "digest.html"
    assert (written := pabal("preview", "harbour", "--html", str(file))).exit_code == 0
    assert (written.stdout, file.read_text(encoding="utf-8")) == ("", preview["html"])
    opened: list[str] = []

    def opens(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", opens)
    assert pabal("preview", "harbour", "--html", str(file), "--open").exit_code == 0
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert pabal("preview", "harbour", "--open").exit_code == 0
    assert opened[0] == file.as_uri()
    kept = Path(opened[1].removeprefix("file://"))
    assert (kept.parent, kept.read_text(encoding="utf-8")) == (tmp_path, preview["html"])


def test_what_cannot_be_written_or_opened_ends_with_one(
    pabal: Pabal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = pabal("preview", "harbour", "--html", str(tmp_path / "none" / "digest.html"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "cannot be written: No such file or directory" in refused.stderr
    monkeypatch.setattr("webbrowser.open", lambda _url: False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    unopened = pabal("preview", "harbour", "--open")
    assert unopened.exit_code == 1
    assert "no browser could be opened; the digest stands in" in unopened.stderr


def test_a_slot_is_skipped_and_one_issued_by_hand(pabal: Pabal, admin: Api, time: Clock) -> None:
    time.is_at("2026-03-10T06:30:00Z")
    skipped = answer(pabal("skip", "harbour", "--json"))
    assert (skipped["state"], skipped["slot"]) == ("skipped", SLOT)
    later = answer(pabal("skip", "harbour", "--slot", "2026-03-11T08:00+01:00", "--json"))
    assert later["slot"] == "2026-03-11T07:00:00Z"
    refused = pabal("skip", "harbour", "--slot", "2026-03-11T09:00+01:00")
    assert refused.exit_code == 1
    assert "slot: must be a slot to come" in refused.stderr
    plan = answer(pabal("calendar", "--days", "3", "--json"))["items"]
    assert [each["state"] for each in plan] == ["skipped", "skipped", "due"]
    assert answer(pabal("calendar", "harbour", "--days", "3", "--json"))["items"] == plan
    assert "2026-03-10T08:00:00+01:00" in pabal("calendar", "harbour").stdout
    assert pabal("issue", "harbour").exit_code == 0
    assert told(admin) == [["a"], ["b"], [], []]


def test_an_unknown_partner_ends_with_one_and_wrong_use_with_two(pabal: Pabal) -> None:
    for command in ("list", "preview", "issue", "skip", "calendar"):
        assert pabal(command, "nobody").exit_code == 1
    assert pabal("show", "dig_none").exit_code == 1
    assert pabal("calendar", "--days", "32").exit_code == 2


def test_an_issue_is_sent_again_and_a_preview_mailed(
    pabal: Pabal, admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PABAL_SMTP_URL", "smtp://127.0.0.1:1")
    settings.cache_clear()
    schedule = {"digest": {"email": ["desk@harbour.example"]}}
    admin("PATCH", "/v1/partners/harbour", json=schedule)
    due(SLOT)
    issue = answer(pabal("list", "harbour", "--json"))["items"][0]
    put_back = answer(pabal("resend", "harbour", issue["id"], "--json"))
    assert put_back["mail"][0]["state"] == "pending"
    table = pabal("resend", "harbour", issue["id"], "--to", "desk@harbour.example").stdout
    assert "desk@harbour.example" in table
    assert "to be sent again" in table
    refused = pabal("resend", "harbour", issue["id"], "--to", "me@hub.example")
    assert refused.exit_code == 1
    assert "must be an address of this digest" in refused.output
    test = answer(pabal("test", "harbour", "--to", "me@hub.example", "--json"))
    assert (test["address"], test["state"]) == ("me@hub.example", "pending")
    assert answer(pabal("tests", "harbour", "--json"))["items"] == [test]
    assert pabal("test", "harbour").exit_code == 2
