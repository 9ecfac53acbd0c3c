"""Mail: one message an address, taken by a real server, parsed and checked."""

import re
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from threading import Barrier

import pytest
from sqlalchemy import text

from services.feeds.mail.ledger import claim
from services.feeds.mail.send import _turn
from shared.db import engine
from tests.integration.feeds.issues import HUB, Clock, at, due, ledger, posted
from tests.integration.feeds.mails import (
    DESK,
    SLOT,
    an_issue,
    later,
    mailing,
    mails,
    send,
    states,
)
from tests.integration.feeds.scenes import text_of, withdrawn
from tests.support.mailbox import Mailbox
from tests.support.session import Api

ONCE = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip


def test_a_mail_says_what_its_issue_says_and_has_the_fields_of_a_list(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, language="ko", name='항구 연구소, "Harbour" <x@y>')
    assert send(SLOT) == 1
    (got,) = mailbox.got
    assert (got.sender, got.recipient, got.greeting) == ("digest@hub.example", DESK, "hub.example")
    message, (issue,) = got.message, ledger(admin)
    assert list(message) == ONCE
    (sender,), (recipient,) = message["From"].addresses, message["To"].addresses
    assert (sender.display_name, sender.addr_spec) == ("서울솔루션", "digest@hub.example")
    assert recipient.addr_spec == DESK
    assert message["Subject"] == "[City News] 소식 1건 (2026년 3월 9일~10일)"
    assert parsedate_to_datetime(message["Date"]) == at(SLOT)
    assert re.fullmatch(rf"<{issue['id']}\.[0-9a-f]{{24}}@hub\.example>", message["Message-ID"])
    assert message["List-Id"] == "<harbour.digests.hub.example>"
    link = message["List-Unsubscribe"]
    assert re.fullmatch(rf"<{HUB}/u/[0-9a-f]{{48}}>", link)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "ko"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    for said in (plain.get_content(), html.get_content()):
        assert "Title of post of harbour" in said
        assert link.strip("<>") in said
        assert issue["url"] in said
    assert max(map(len, got.content.split(b"\r\n"))) <= 100
    assert b"\n" not in got.content.replace(b"\r\n", b"")
    assert got.content.isascii()


def test_each_address_gets_one_mail_with_a_link_of_its_own(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    addresses = ["a@harbour.example", "b@harbour.example", "c@bücher.example"]
    an_issue(admin, time, *addresses, "A@Harbour.example")
    assert send(SLOT) == 3
    assert send(later(minutes=10)) == 0
    wire = ["A@harbour.example", "b@harbour.example", "c@xn--bcher-kva.example"]
    assert sorted(mail.recipient for mail in mailbox.got) == wire
    assert len({mail.message["Message-ID"] for mail in mailbox.got}) == 3
    assert len({mail.message["List-Unsubscribe"] for mail in mailbox.got}) == 3
    assert mailbox.connections == 1, "one connection serves a batch"
    assert set(states(admin).values()) == {"sent"}
    first = mails(admin)[0]
    assert first == {
        "address": "A@Harbour.example", "state": "sent", "attempts": 1, "next_at": None,
        "error": None, "sent_at": SLOT,
    }  # fmt: skip


def test_an_issue_that_is_skipped_owes_no_mail(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    an_issue(admin, time)
    send(SLOT)
    assert due("2026-03-11T07:00:00Z") == 1
    assert ledger(admin)[-1]["state"] == "skipped"
    assert (mails(admin), send("2026-03-11T07:00:00Z"), len(mailbox.got)) == ([], 0, 1)


def test_two_senders_at_once_send_each_mail_once(
    admin: Api, time: Clock, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "__defaults__", (3,))
    an_issue(admin, time, *(f"desk-{n}@harbour.example" for n in range(20)))
    together = Barrier(4)

    def one(_: int) -> int:
        together.wait(10)
        return send(SLOT)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 20
    assert len({mail.recipient for mail in mailbox.got}) == len(mailbox.got) == 20
    assert set(states(admin).values()) == {"sent"}


def test_no_more_than_two_runs_go_on_at_once(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    an_issue(admin, time)
    with _turn() as first, _turn() as second, _turn() as third:
        assert (first, second, third) == (True, True, False)
        assert send(SLOT) == 0
    assert send(SLOT) == 1


def test_without_a_server_mail_is_kept_and_sent_when_there_is_one(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time)
    an_issue(admin, time, id="library")
    with mailing(None):
        assert send(SLOT) == 0
    assert states(admin) == {DESK: "pending"}
    _issued("library", "2026-03-07T06:59:59Z")
    assert send(SLOT) == 2
    assert states(admin) == {DESK: "sent"}
    (late,) = mails(admin, "library")
    assert (late["state"], late["error"]) == ("failed", "not sent within 3 days")
    assert len(mailbox.got) == 1


def test_a_post_that_is_withdrawn_before_the_mail_goes_out_is_not_in_it(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time)
    posted(admin, time, "2026-03-10T06:30:00Z", "elsewhere")
    mailbox.plan("MAIL", "451 4.3.0 later")
    assert send(SLOT) == 1
    withdrawn(admin, "post of harbour")
    assert send(later(minutes=1)) == 1
    (got,) = mailbox.got
    plain, html = (part.get_content() for part in got.message.iter_parts())
    for said in (plain, text_of(html)):
        assert "Body of post of harbour" not in said
        assert "withdrawn since they were sent to you" in " ".join(said.split())
        assert got.message["List-Unsubscribe"].strip("<>") in plain
    assert got.message["List-Unsubscribe"].strip("<>") in html


def test_a_removed_address_or_partner_gets_nothing_more(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, DESK, "b@harbour.example")
    an_issue(admin, time, id="library")
    schedule = {"digest": {"email": ["b@harbour.example"]}}
    assert admin("PATCH", "/v1/partners/harbour", json=schedule).status_code == 200
    assert admin("DELETE", "/v1/partners/library").status_code == 204
    assert send(SLOT) == 3
    assert [mail.recipient for mail in mailbox.got] == ["b@harbour.example"]
    assert states(admin) == {DESK: "suppressed", "b@harbour.example": "sent"}


def _issued(partner: str, moment: str) -> None:
    """Let a partner's issues have been sent at a moment."""
    sql = "UPDATE feeds.digest SET sent_at = :moment WHERE partner = :partner"
    with engine.transaction() as connection:
        connection.execute(text(sql), {"moment": moment, "partner": partner})
