"""The link of a mail: one click, no key, no cookie, no way to follow it by accident."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from shared.db import engine
from shared.keys import Scope
from tests.integration.feeds.issues import HUB, Clock, due, ledger, posted
from tests.integration.feeds.mails import DESK, SLOT, an_issue, send, states
from tests.integration.feeds.scenes import text_of
from tests.support.mailbox import OK, Mailbox
from tests.support.session import Api

OTHER = "b@harbour.example"
ONE_CLICK = {"content": b"List-Unsubscribe=One-Click", "headers": {
    "content-type": "application/x-www-form-urlencoded"}}  # fmt: skip
MULTIPART = {"files": {"List-Unsubscribe": (None, "One-Click")}}


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """A client without a key."""
    return caller()


def link_of(mailbox: Mailbox, address: str = DESK) -> str:
    """Return the path of the link that a mail to an address has."""
    found: str = mailbox.to(address)[-1].message["List-Unsubscribe"]
    return found.strip("<>").removeprefix(HUB)


@pytest.mark.parametrize("request_of", [ONE_CLICK, MULTIPART, {}])
def test_one_click_ends_it_for_that_address_alone(
    admin: Api, time: Clock, mailbox: Mailbox, reader: Api, request_of: dict[str, object]
) -> None:
    an_issue(admin, time, DESK, OTHER)
    send(SLOT)
    time.is_at("2026-03-10T09:00:00Z")
    for _ in range(2):
        answer = reader("POST", link_of(mailbox), **request_of)
        assert (answer.status_code, answer.history) == (200, [])
        assert "Unsubscribed" in text_of(answer.text)
        time.is_at("2026-03-10T10:00:00Z")
    items = admin("GET", "/v1/partners/harbour/suppressions").json()["items"]
    assert items == [{"address": DESK, "reason": "unsubscribed", "since": "2026-03-10T09:00:00Z"}]
    posted(admin, time, "2026-03-11T06:00:00Z", "next")
    due("2026-03-11T07:00:00Z")
    send("2026-03-11T07:00:00Z")
    assert states(admin) == {OTHER: "sent", DESK: "suppressed"}
    assert (len(mailbox.to(DESK)), len(mailbox.to(OTHER))) == (1, 2)


def test_mail_that_waits_is_not_sent_any_more(
    admin: Api, time: Clock, mailbox: Mailbox, reader: Api
) -> None:
    an_issue(admin, time)
    send(SLOT)
    for day in ("2026-03-11", "2026-03-12"):
        posted(admin, time, f"{day}T06:00:00Z", day)
        due(f"{day}T07:00:00Z")
    mailbox.plan("RCPT", "450 later", OK)
    assert send("2026-03-12T07:00:00Z") == 2
    reader("POST", link_of(mailbox))
    assert [[mail["state"] for mail in issue["mail"]] for issue in ledger(admin)] == [
        ["sent"], ["suppressed"], ["sent"]
    ]  # fmt: skip
    assert send("2026-03-12T08:00:00Z") == 0


def test_the_page_asks_and_changes_nothing(
    admin: Api, time: Clock, mailbox: Mailbox, reader: Api
) -> None:
    an_issue(admin, time)
    an_issue(admin, time, id="library", language="ko", name="도서관")
    send(SLOT)
    pages = {}
    for mail in mailbox.got:
        path = mail.message["List-Unsubscribe"].strip("<>").removeprefix(HUB)
        assert reader("HEAD", path).status_code == 200
        answer = reader("GET", path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert '<form method="post"><button>' in answer.text
        pages[answer.headers["content-language"]] = text_of(answer.text)
    assert f"Stop sending digests of City News for Harbour to {DESK}?" in pages["en"]
    assert f"{DESK} 주소로 보내는 소식 메일(도서관)을 더 이상 받지 않으시겠습니까?" in pages["ko"]
    assert admin("GET", "/v1/partners/harbour/suppressions").json()["items"] == []


def test_an_unknown_link_opens_nothing(
    admin: Api, time: Clock, mailbox: Mailbox, reader: Api
) -> None:
    an_issue(admin, time)
    send(SLOT)
    (opaque,) = (issue["url"].rpartition("/")[2] for issue in ledger(admin))
    gone = link_of(mailbox)
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    for path in ("/u/" + "0" * 48, f"/u/{opaque}", gone):
        for method in ("GET", "POST"):
            answer = reader(method, path)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert path.rpartition("/")[2] not in answer.text
    assert reader("DELETE", gone).status_code == 405


def test_a_form_that_is_too_large_is_refused(
    admin: Api, time: Clock, mailbox: Mailbox, reader: Api
) -> None:
    an_issue(admin, time)
    send(SLOT)
    assert reader("POST", link_of(mailbox), content=b"x" * 70_000).status_code == 413


def test_who_reads_the_database_opens_no_link(admin: Api, time: Clock, mailbox: Mailbox) -> None:
    an_issue(admin, time, DESK, OTHER)
    send(SLOT)
    with engine.transaction() as connection:
        stored = str(connection.execute(text("SELECT * FROM feeds.mail")).all())
        issue = str(connection.execute(text("SELECT html, text FROM feeds.digest")).all())
    tokens = [link_of(mailbox, address).rpartition("/")[2] for address in (DESK, OTHER)]
    assert not any(token in stored + issue for token in tokens)


def test_naming_the_address_again_does_not_resubscribe_it(
    admin: Api, time: Clock, mailbox: Mailbox, reader: Api, caller: Callable[..., Api]
) -> None:
    an_issue(admin, time)
    send(SLOT)
    reader("POST", link_of(mailbox))
    for addresses in ([], ["Desk@HARBOUR.example"]):
        changed = {"digest": {"email": addresses}}
        assert admin("PATCH", "/v1/partners/harbour", json=changed).status_code == 200
    posted(admin, time, "2026-03-11T06:00:00Z", "next")
    due("2026-03-11T07:00:00Z")
    assert send("2026-03-11T07:00:00Z") == 0
    assert states(admin) == {"Desk@HARBOUR.example": "suppressed"}


def test_suppressions_are_listed_to_whom_they_concern(
    admin: Api, time: Clock, mailbox: Mailbox, caller: Callable[..., Api]
) -> None:
    addresses = [f"{name}@harbour.example" for name in "abc"]
    an_issue(admin, time, *addresses)
    an_issue(admin, time, id="library")
    mailbox.plan("RCPT", *["550 no"] * 3)
    send(SLOT)
    own, operator = caller(Scope.PARTNER, "harbour"), caller(Scope.OPERATE)
    path, shown = "/v1/partners/harbour/suppressions?limit=2", list[str]()
    page = own("GET", path).json()
    shown += [row["address"] for row in page["items"]]
    page = operator("GET", f"{path}&cursor={page['next_cursor']}").json()
    shown += [row["address"] for row in page["items"]]
    assert (shown, page["next_cursor"]) == (addresses, None)
    assert own("GET", "/v1/partners/library/suppressions").status_code == 404
    assert operator("GET", "/v1/partners/nobody/suppressions").status_code == 404
    assert caller(Scope.PUBLISH)("GET", path).status_code == 403
    assert caller()("GET", path).status_code == 401
