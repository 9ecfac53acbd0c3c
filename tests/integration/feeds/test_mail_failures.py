"""Mail that is not taken: what is tried again and when, what fails, and which address gets none."""

from collections.abc import Callable
from functools import partial

import pytest

from services.feeds.mail import send as sending
from services.feeds.mail.session import Session
from shared.keys import Scope
from tests.integration.feeds.issues import Clock, at, due, posted
from tests.integration.feeds.mails import DESK, SLOT, an_issue, later, mailing, mails, send, states
from tests.support.mailbox import CLOSE, HANG, TAKE_AND_CLOSE, Mailbox
from tests.support.session import Api

OTHER = "b@harbour.example"
UNKNOWN = "550 5.1.1 no such user here"
NOBODY = "smtp://127.0.0.1:1"


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "421 4.3.2 closing"), ("RCPT", "450 4.2.1 greylisted"),
        ("DATA", "452 4.3.1 no room"), ("RCPT", CLOSE),
    ],
)  # fmt: skip
def test_a_temporary_failure_is_tried_again_after_a_minute(
    admin: Api, time: Clock, mailbox: Mailbox, step: str, answer: str
) -> None:
    an_issue(admin, time)
    mailbox.plan(step, answer)
    assert send(SLOT) == 1
    said = "SMTPServerDisconnected: Connection unexpectedly closed" if answer == CLOSE else answer
    error = f"{step}: {said}"
    assert mails(admin) == [
        {"address": DESK, "state": "pending", "attempts": 1, "next_at": "2026-03-10T07:01:00Z",
         "error": error, "sent_at": None}
    ]  # fmt: skip
    assert (send(later(seconds=59)), send(later(minutes=1))) == (0, 1)
    assert states(admin) == {DESK: "sent"}
    assert len(mailbox.got) == 1


def test_the_waits_are_those_that_are_told_and_then_it_is_over(admin: Api, time: Clock) -> None:
    an_issue(admin, time)
    moment, waits = later(), []
    with mailing(NOBODY):
        for _ in range(5):
            assert send(moment) == 1
            (mail,) = mails(admin)
            assert mail["state"] == "pending"
            waits.append(at(mail["next_at"]) - moment)
            moment = at(mail["next_at"])
        assert send(moment) == 1
        assert send(later(days=2)) == 0
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 5, 30, 120, 360]
    (mail,) = mails(admin)
    assert (mail["state"], mail["attempts"], mail["next_at"]) == ("failed", 6, None)
    assert mail["error"] == "connect: ConnectionRefusedError: [Errno 111] Connection refused"


def test_a_refused_address_gets_none_until_that_is_lifted(
    admin: Api, time: Clock, mailbox: Mailbox, caller: Callable[..., Api]
) -> None:
    an_issue(admin, time, DESK, OTHER)
    mailbox.plan("RCPT", "250 ok", UNKNOWN)
    assert send(SLOT) == 2
    assert states(admin) == {OTHER: "sent", DESK: "failed"}
    reason = f"refused: RCPT: {UNKNOWN}"
    shown = caller(Scope.PARTNER, "harbour")("GET", "/v1/partners/harbour/suppressions").json()
    (row,) = shown["items"]
    assert row == {"address": DESK, "reason": reason, "since": SLOT}
    assert _next_issue(admin, time, "2026-03-11") == {OTHER: "sent", DESK: "suppressed"}
    assert {mail["address"]: mail["error"] for mail in mails(admin)}[DESK] == reason
    path = f"/v1/partners/harbour/suppressions/{DESK.upper()}"
    assert caller(Scope.PARTNER, "harbour")("DELETE", path).status_code == 403
    assert caller(Scope.OPERATE)("DELETE", path).status_code == 204
    assert caller(Scope.OPERATE)("DELETE", path).status_code == 404
    assert _next_issue(admin, time, "2026-03-12") == {OTHER: "sent", DESK: "sent"}
    assert len(mailbox.to(DESK)) == 1


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "550 5.7.1 sender rejected"), ("DATA", "554 5.6.0 content rejected"),
        ("RCPT", "554 5.7.1 relay access denied"), ("RCPT", "530 authenticate first"),
        ("RCPT", "552 5.2.2 mailbox full"),
    ],
)  # fmt: skip
def test_a_refusal_of_the_message_or_of_us_suppresses_nobody(
    admin: Api, time: Clock, mailbox: Mailbox, step: str, answer: str
) -> None:
    an_issue(admin, time)
    mailbox.plan(step, answer)
    assert (send(SLOT), send(later(days=1))) == (1, 0)
    (mail,) = mails(admin)
    assert (mail["state"], mail["error"]) == ("failed", f"{step}: {answer}")
    assert _next_issue(admin, time, "2026-03-11") == {DESK: "sent"}


def test_one_mail_that_fails_does_not_hold_up_the_others(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, *(f"{name}@harbour.example" for name in "abcdef"))
    mailbox.plan("RCPT", "450 later", CLOSE, UNKNOWN, "421 closing")
    assert send(SLOT) == 6
    assert list(states(admin).values()) == [
        "pending",
        "pending",
        "failed",
        "pending",
        "sent",
        "sent",
    ]
    assert send(later(minutes=1)) == 3
    assert [mail.recipient[0] for mail in mailbox.got] == ["e", "f", "a", "b", "d"]


def test_a_connection_that_was_closed_between_mails_is_made_anew(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, DESK, OTHER)
    mailbox.plan("MAIL", "250 ok", "421 4.7.0 enough for one connection")
    assert send(SLOT) == 2
    assert set(states(admin).values()) == {"sent"}
    assert mailbox.connections == 2


def test_an_answer_that_is_lost_leads_to_the_same_bytes_once_more(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time)
    mailbox.plan("DATA", TAKE_AND_CLOSE)
    assert (send(SLOT), send(later(minutes=1)), send(later(hours=1))) == (1, 1, 0)
    first, again = mailbox.got
    assert first.content == again.content
    assert states(admin) == {DESK: "sent"}


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_a_server_that_hangs_is_left_in_time(
    admin: Api, time: Clock, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    an_issue(admin, time, DESK, OTHER)
    mailbox.plan(step, HANG)
    monkeypatch.setattr(sending, "Session", partial(Session, answer_seconds=0.2))
    assert send(SLOT) == 2
    assert states(admin) == {DESK: "sent", OTHER: "pending"}
    (held, _) = mails(admin)
    assert (
        held["error"]
        == f"{step}: SMTPServerDisconnected: Connection unexpectedly closed: timed out"
    )


def test_a_server_that_drips_is_left_in_time(
    admin: Api, time: Clock, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_issue(admin, time)
    mailbox.plan("RCPT", HANG)
    monkeypatch.setattr(sending, "Session", partial(Session, mail_seconds=0.2))
    assert send(SLOT) == 1
    (mail,) = mails(admin)
    assert mail["error"] == "RCPT: SMTPServerDisconnected: Connection unexpectedly closed"


def test_what_there_is_no_time_for_is_given_back(
    admin: Api, time: Clock, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_issue(admin, time, DESK, OTHER)
    mailbox.plan("MAIL", HANG)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "Session", partial(Session, answer_seconds=0.2))
        patch.setattr(sending, "RUN_SECONDS", 0.1)
        assert send(SLOT) == 1
    tried, given_back = mails(admin)
    assert (tried["attempts"], tried["next_at"]) == (1, "2026-03-10T07:01:00Z")
    assert (given_back["attempts"], given_back["next_at"]) == (0, SLOT)
    assert (send(SLOT), states(admin)) == (1, {OTHER: "pending", DESK: "sent"})


def test_an_attempt_is_counted_before_it_is_made_so_that_none_goes_on_for_ever(
    admin: Api, time: Clock, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_issue(admin, time)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "load", _dies)
        for minutes in range(0, 36, 6):
            with pytest.raises(SystemExit):
                send(later(minutes=minutes))
    assert send(later(minutes=36)) == 1
    (mail,) = mails(admin)
    assert (mail["state"], mail["error"]) == ("failed", "every attempt was cut short")
    assert mailbox.got == []


def test_addresses_that_cannot_be_sent_to_fail_with_the_reason(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, '"a;b"@harbour.example', "a@-harbour-", "한글@harbour.example")
    mailbox.speak(enable_SMTPUTF8=False)
    assert send(SLOT) == 3
    assert [(mail["state"], mail["error"]) for mail in mails(admin)] == [
        ("failed", "the part before the @ cannot be sent to"),
        ("failed", "the part after the @ is no host name"),
        ("failed", "MAIL: 550 5.6.7 the server takes no SMTPUTF8"),
    ]


def test_an_address_that_is_not_ascii_is_sent_to_as_it_is(
    admin: Api, time: Clock, mailbox: Mailbox
) -> None:
    an_issue(admin, time, "한글@항구.example", "plain@harbour.example")
    assert send(SLOT) == 2
    (got,) = mailbox.to("한글@xn--2e0bp27e.example")
    assert "To: <한글@xn--2e0bp27e.example>\r\n".encode() in got.content
    (plain,) = mailbox.to("plain@harbour.example")
    assert plain.content.isascii()


def _dies(*_: object) -> None:
    raise SystemExit


def _next_issue(admin: Api, time: Clock, day: str) -> dict[str, str]:
    posted(admin, time, f"{day}T06:00:00Z", f"post of {day}")
    due(f"{day}T07:00:00Z")
    send(f"{day}T07:00:00Z")
    return states(admin)
