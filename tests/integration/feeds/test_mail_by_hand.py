"""Mail by hand: an issue sent again in the same rows, and what would be sent now, as a test."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.feeds.mail.ledger import claim, give_back
from shared.db import engine
from shared.keys import Scope
from tests.integration.feeds.issues import (
    HUB,
    Clock,
    a_subscriber,
    at,
    due,
    issued_now,
    ledger,
    posted,
)
from tests.integration.feeds.mails import DESK, SLOT, an_issue, later, mailing, mails, send, states
from tests.integration.feeds.scenes import withdrawn
from tests.support.mailbox import Mailbox
from tests.support.session import Api

OTHER, ME = "b@harbour.example", "me@hub.example"
TEST = "/v1/partners/harbour/digests/test"
TESTS = "/v1/partners/harbour/digests/tests"
AGAIN = "to be sent again, as was asked for by hand"


def resent(
    caller: Api,
    time: Clock,
    moment: datetime,
    status: int = 202,
    id: str | None = None,
    **body: str,
) -> Any:
    """Ask for the latest issue to be sent again, at a moment."""
    time.now = moment
    path = f"/v1/partners/harbour/digests/{id or ledger(caller)[-1]['id']}/resend"
    answer = caller("POST", path, json=body) if body else caller("POST", path)
    assert answer.status_code == status, answer.text
    return answer.json()


def a_test(caller: Api, to: str = ME, status: int = 202) -> Any:
    """Ask for a test."""
    answer = caller("POST", TEST, json={"to": to})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_an_issue_is_sent_again_with_the_same_bytes_and_the_same_link(
    admin: Api, time: Clock, mailbox: Mailbox, caller: Callable[..., Api]
) -> None:
    an_issue(admin, time, DESK, OTHER)
    assert send(SLOT) == 2
    moment = later(days=9)
    answer = resent(admin, time, moment, to=DESK.upper())
    issue = ledger(admin)[-1]
    put_back = {
        "address": DESK, "state": "pending", "attempts": 1, "next_at": "2026-03-19T07:00:00Z",
        "error": AGAIN, "sent_at": SLOT,
    }  # fmt: skip
    assert answer == {"id": issue["id"], "mail": [put_back]}
    assert states(admin) == {DESK: "pending", OTHER: "sent"}
    assert send(moment) == 1
    first, again = mailbox.to(DESK)
    assert first.content == again.content, "nine days later, with the link that it had"
    assert len(mailbox.to(OTHER)) == 1
    taken = next(mail for mail in mails(admin) if mail["address"] == DESK)
    assert taken == {**put_back, "state": "sent", "attempts": 2, "next_at": None, "error": None,
                     "sent_at": "2026-03-19T07:00:00Z"}  # fmt: skip
    link = again.message["List-Unsubscribe"].strip("<>").removeprefix(HUB)
    assert caller()("POST", link).status_code == 200


def test_all_of_an_issues_addresses_get_it_where_none_is_named(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, DESK, OTHER)
    send(SLOT)
    put_back = resent(admin, time, later(minutes=1))["mail"]
    assert [mail["address"] for mail in put_back] == [OTHER, DESK]
    assert send(later(minutes=1)) == 2
    assert (len(mailbox.to(DESK)), len(mailbox.to(OTHER))) == (2, 2)
    assert len({mail.message["Message-ID"] for mail in mailbox.got}) == 2


def test_a_mail_that_failed_gets_as_many_attempts_as_at_first(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time)
    mailbox.plan("MAIL", "550 5.7.1 no", *["451 later"] * 6)
    send(SLOT)
    assert states(admin) == {DESK: "failed"}
    moment = later(days=5)
    resent(admin, time, moment)
    attempts = 1
    while states(admin) == {DESK: "pending"}:
        send(at(mails(admin)[0]["next_at"]))
        attempts += 1
    (mail,) = mails(admin)
    assert (mail["state"], mail["error"]) == ("failed", "MAIL: 451 later")
    assert mail["attempts"] == attempts == 7
    resent(admin, time, moment)
    assert (send(moment), states(admin)) == (1, {DESK: "sent"})


def test_suppressed_addresses_are_not_mailed_and_say_so(
    admin: Api, time: Clock, mailbox: Mailbox, caller: Callable[..., Api]
) -> None:
    third = "c@harbour.example"
    an_issue(admin, time, DESK, OTHER, third)
    send(SLOT)
    link = mailbox.to(DESK)[0].message["List-Unsubscribe"].strip("<>").removeprefix(HUB)
    assert caller()("POST", link).status_code == 200
    schedule = {"digest": {"email": [DESK, third]}}
    assert admin("PATCH", "/v1/partners/harbour", json=schedule).status_code == 200
    told = {mail["address"]: mail for mail in resent(admin, time, later(days=1))["mail"]}
    assert {address: (mail["state"], mail["error"]) for address, mail in told.items()} == {
        DESK: ("suppressed", "unsubscribed"),
        OTHER: ("suppressed", "the partner does not name this address any more"),
        third: ("pending", AGAIN),
    }
    assert told[DESK]["sent_at"] == SLOT, "that it was sent once stays true"
    assert send(later(days=1)) == 1
    assert [mail.recipient for mail in mailbox.got[3:]] == [third]


def test_an_address_that_was_suppressed_from_the_first_gets_it_once_that_is_lifted(
    admin: Api, time: Clock, mailbox: Mailbox, caller: Callable[..., Api]
) -> None:
    an_issue(admin, time)
    mailbox.plan("RCPT", "550 5.1.1 nobody here")
    send(SLOT)
    posted(admin, time, "2026-03-11T06:00:00Z", "next")
    due("2026-03-11T07:00:00Z")
    assert (states(admin), mailbox.got) == ({DESK: "suppressed"}, [])
    assert admin("DELETE", f"/v1/partners/harbour/suppressions/{DESK}").status_code == 204
    resent(admin, time, later(days=1))
    assert send(later(days=1)) == 1
    link = mailbox.got[0].message["List-Unsubscribe"].strip("<>").removeprefix(HUB)
    assert caller()("GET", link).status_code == 200


def test_a_mail_that_may_be_on_its_way_is_not_doubled(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time)
    mailbox.plan("MAIL", *["451 later"] * 3)
    for moment in (SLOT, later(minutes=1), later(minutes=6)):
        send(moment)
    assert mails(admin)[0]["next_at"] == "2026-03-10T07:36:00Z"
    (mail,) = resent(admin, time, later(minutes=7))["mail"]
    assert (mail["state"], mail["next_at"]) == ("pending", "2026-03-10T07:12:00Z")
    (same,) = resent(admin, time, later(minutes=8))["mail"]
    assert same == mail
    assert (send(later(minutes=8)), send(later(minutes=12)), len(mailbox.got)) == (0, 1, 1)


def test_an_attempt_that_was_not_made_does_not_count(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time)
    with engine.transaction() as connection:
        held = claim(connection, at(SLOT))
    resent(admin, time, later(minutes=1))
    with engine.transaction() as connection:
        give_back(connection, held, later(minutes=2))
    mailbox.plan("MAIL", "451 later")
    send(later(minutes=2))
    (mail,) = mails(admin)
    assert (mail["attempts"], mail["next_at"]) == (1, "2026-03-10T07:03:00Z")


def test_what_cannot_be_sent_again_says_why(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    a_subscriber(admin)
    assert due(SLOT) == 1
    problem = resent(admin, time, later(hours=1), 409)
    assert problem["detail"] == "the digest is skipped: it has no mail"
    posted(admin, time, "2026-03-10T09:00:00Z", "a")
    mute = issued_now(admin, time, "2026-03-10T10:00:00Z")
    assert "mailed to nobody" in resent(admin, time, later(hours=4), 409)["detail"]
    assert resent(admin, time, later(hours=4), 422, to=DESK)["errors"][0]["field"] == "to"
    for body in ({"to": "nobody"}, {"from": DESK}):
        assert resent(admin, time, later(hours=4), 422, **body)["errors"]
    resent(admin, time, later(hours=4), 404, id="dig_none")
    a_subscriber(admin, "library")
    path = f"/v1/partners/library/digests/{mute['id']}/resend"
    assert admin("POST", path).status_code == 404, "another partner's"


def test_a_test_says_what_would_be_sent_and_changes_nothing(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    token = a_subscriber(admin, language="ko")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    time.is_at(SLOT)
    preview = admin("POST", "/v1/partners/harbour/digests/preview").json()
    asked = a_test(admin)
    assert asked == {
        "id": asked["id"], "address": ME, "state": "pending", "attempts": 0, "next_at": SLOT,
        "error": None, "sent_at": None, "created_at": SLOT,
    }  # fmt: skip
    assert (send(SLOT), send(later(minutes=10))) == (1, 0)
    (got,) = mailbox.to(ME)
    assert list(got.message) == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language",
        "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert got.message["Subject"] == f"[시험] {preview['subject']}"
    plain, html = (part.get_content().replace("\r\n", "\n") for part in got.message.iter_parts())
    assert (plain, html) == (preview["text"], preview["html"])
    assert token not in html
    taken = {**asked, "state": "sent", "attempts": 1, "next_at": None, "sent_at": SLOT}
    assert admin("GET", TESTS).json() == {"items": [taken], "next_cursor": None}
    assert ledger(admin) == []
    assert due(SLOT) == 1, "the issue comes all the same"
    assert [post["id"] for post in ledger(admin)[0]["posts"]] == ["a"]


def test_a_test_holds_nothing_that_was_withdrawn_before_it_left(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    time.is_at(SLOT)
    a_test(admin)
    mailbox.plan("RCPT", "450 4.2.0 greylisted")
    send(SLOT)
    (waiting,) = admin("GET", TESTS).json()["items"]
    assert (waiting["state"], waiting["error"]) == ("pending", "RCPT: 450 4.2.0 greylisted")
    withdrawn(admin, "a")
    assert send(later(minutes=1)) == 1
    (got,) = mailbox.got
    assert got.message["Subject"].startswith("[test] City News: no new posts")
    assert b"Title of a" not in got.content


def test_a_refused_test_suppresses_nobody(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    a_subscriber(admin)
    time.is_at(SLOT)
    a_test(admin, DESK)
    mailbox.plan("RCPT", "550 5.1.1 nobody here")
    send(SLOT)
    (refused,) = admin("GET", TESTS).json()["items"]
    assert (refused["state"], refused["error"]) == ("failed", "RCPT: 550 5.1.1 nobody here")
    assert admin("GET", "/v1/partners/harbour/suppressions").json()["items"] == []


def test_tests_are_bounded_and_do_not_stay(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    a_subscriber(admin)
    time.is_at(SLOT)
    for _ in range(20):
        a_test(admin)
    answer = admin("POST", TEST, json={"to": ME})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    time.now = later(days=4)
    newest = a_test(admin)
    assert [one["id"] for one in admin("GET", TESTS).json()["items"]] == [newest["id"]]


def test_an_unreachable_server_is_asked_once_for_all_tests(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    a_subscriber(admin)
    time.is_at(SLOT)
    a_test(admin)
    a_test(admin)
    with mailing("smtp://127.0.0.1:1"):
        assert send(SLOT) == 1
    assert sorted(one["attempts"] for one in admin("GET", TESTS).json()["items"]) == [0, 1]
    assert (send(later(minutes=1)), len(mailbox.got)) == (2, 2)


def test_without_a_server_there_is_no_test(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    with mailing(None):
        problem = a_test(admin, status=409)
    assert problem["detail"] == "no server takes the hub's mail: set PABAL_SMTP_URL"


@pytest.mark.parametrize("to", ["nobody", "a b@hub.example", '"q"@hub.example', "me@[127.0.0.1]"])
def test_an_address_that_cannot_be_sent_to_is_refused(
    admin: Api, time: Clock, mailbox: Mailbox, to: str
) -> None:
    a_subscriber(admin)
    assert a_test(admin, to, 422)["errors"][0]["field"] == "to"


def test_operators_and_the_partner_itself_may(
    admin: Api, time: Clock, mailbox: Mailbox, caller: Callable[..., Api]
) -> None:
    an_issue(admin, time)
    a_subscriber(admin, "library")
    resend = f"/v1/partners/harbour/digests/{ledger(admin)[0]['id']}/resend"
    for scope, partner, status in (
        (None, None, 401), (Scope.PUBLISH, None, 403), (Scope.PARTNER, "library", 404),
        (Scope.OPERATE, None, 202), (Scope.PARTNER, "harbour", 202),
    ):  # fmt: skip
        client = caller(scope, partner)
        assert client("POST", resend).status_code == status
        assert client("POST", TEST, json={"to": ME}).status_code == status
        assert client("GET", TESTS).status_code == (200 if status == 202 else status)


def test_tests_go_with_their_partner(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    a_subscriber(admin)
    a_test(admin)
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    with engine.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM feeds.sample")) == 0
