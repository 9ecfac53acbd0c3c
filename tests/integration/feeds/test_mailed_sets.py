"""Mails of whole sets of posts, as a real server takes them: parsed, and checked in every part.

The demo's posts, a crowd of them, and, where ``PABAL_SEED`` names a file of posts, one a line,
a publisher's own.
"""

import json
import os
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import html as markup

from services.cli.demo import content
from tests.integration.feeds.issues import HUB, Clock, a_subscriber, due, ledger, posted
from tests.integration.feeds.mails import send
from tests.integration.feeds.scenes import text_of, withdrawn
from tests.support.mailbox import Mailbox, Received
from tests.support.session import Api

BEFORE, SLOT = "2026-04-01T06:00:00Z", "2026-04-01T07:00:00Z"
LATER, NEXT = "2026-04-02T06:00:00Z", "2026-04-02T07:00:00Z"
SEED = os.environ.get("PABAL_SEED") or None
PARTNERS = {
    "gangnam": {
        "language": "ko",
        "timezone": "Asia/Seoul",
        "name": "강남 도시연구원",
        "at": "16:00",
    },
    "harbour": {"language": "en", "timezone": "America/New_York", "name": "Harbour", "at": "03:00"},
}
_URL = re.compile(r"[a-z]+://\S+")
_READ = {
    "from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe",
    "list-unsubscribe-post", "auto-submitted", "content-language", "mime-version", "content-type",
}  # fmt: skip


@pytest.fixture
def tokens(admin: Api) -> dict[str, str]:
    """A Korean and an English partner, each with a mail at 07:00 UTC; their tokens."""
    found = {}
    for id, fields in PARTNERS.items():
        plan = {"cadence": "daily", "at": fields["at"], "email": [f"desk@{id}.example"]}
        about = {name: value for name, value in fields.items() if name != "at"}
        found[id] = a_subscriber(admin, id, digest=plan, **about)
    return found


def test_the_demos_posts(admin: Api, time: Clock, mailbox: Mailbox, tokens: dict[str, str]) -> None:
    posts = content.posts()
    _mailed(admin, time, posts)
    for id in PARTNERS:
        _tells_all(admin, id, _of(mailbox, id, tokens), posts)
    revised = content.revision(next(post for post in posts if post["id"] == content.REVISED))
    posted(admin, time, LATER, **{**revised, "date_modified": LATER})
    withdrawn(admin, content.WITHDRAWN)
    due(NEXT)
    assert send(NEXT) == 2
    gone = next(post for post in posts if post["id"] == content.WITHDRAWN)
    for id in PARTNERS:
        for part in _of(mailbox, id, tokens).iter_parts():
            said = " ".join(text_of(part.get_content()).split())
            assert revised["title"] in said
            assert gone["title"] in said
            assert gone["url"] not in part.get_content()


def test_a_crowd_of_posts_is_told_or_counted(
    admin: Api, time: Clock, mailbox: Mailbox, tokens: dict[str, str]
) -> None:
    model = content.posts()
    crowd = [
        {**model[n % len(model)], "id": f"post-{n}", "title": f"{n}. " + "모두의 도시 " * 30,
         "url": f"https://city.example/{n}/" + "p" * 800, "summary": "가나다라마바사 " * 100}
        for n in range(70)
    ]  # fmt: skip
    for post in crowd:
        post.pop("translation_of", None)
    _mailed(admin, time, crowd)
    for id, more in (("gangnam", r"외 (\d+)건 더 보기"), ("harbour", r"and (\d+) more posts")):
        message = _of(mailbox, id, tokens)
        assert "70" in message["Subject"]
        for part in message.iter_parts():
            said = part.get_content()
            counted = re.search(more, " ".join(text_of(said).split()))
            assert counted is not None
            listed = sum(post["url"] in said for post in crowd)
            assert 1 <= listed == 70 - int(counted[1]), (id, part.get_content_type())


@pytest.mark.skipif(SEED is None, reason="PABAL_SEED is not set")
def test_a_publishers_own_posts(
    admin: Api, time: Clock, mailbox: Mailbox, tokens: dict[str, str]
) -> None:
    lines = Path(SEED or "").read_text(encoding="utf-8").splitlines()
    posts = [json.loads(line) for line in lines]
    _mailed(admin, time, posts)
    for id in PARTNERS:
        _tells_all(admin, id, _of(mailbox, id, tokens), posts)


def _mailed(admin: Api, time: Clock, posts: list[dict[str, Any]]) -> None:
    time.is_at(BEFORE)
    answer = admin("POST", "/v1/posts/batch", json=posts)
    assert [result["status"] for result in answer.json()["results"]] == [201] * len(posts)
    assert due(SLOT) == 2
    assert send(SLOT) == 2


def _tells_all(admin: Api, id: str, message: EmailMessage, posts: list[dict[str, Any]]) -> None:
    """Every post is in the ledger and, linked, in both parts."""
    (issue,) = ledger(admin, id)
    assert {post["id"] for post in issue["posts"]} == {post["id"] for post in posts}
    plain, html = (part.get_content() for part in message.iter_parts())
    linked = {url for _, url in _links(html)}
    for post in posts:
        assert post["url"] in plain.split()
        assert post["url"] in linked
    assert issue["url"] in plain.split()
    assert issue["url"] in linked


def _of(mailbox: Mailbox, id: str, tokens: dict[str, str]) -> EmailMessage:
    """Return the latest mail to a partner; it is what every mail of an issue has to be."""
    received = mailbox.to(f"desk@{id}.example")[-1]
    _is_sound_on_the_wire(received)
    message = received.message
    _is_one_of_a_list(message, PARTNERS[id]["language"])
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert [part.get_content_charset() for part in (plain, html)] == ["utf-8", "utf-8"]
    text, document = plain.get_content(), html.get_content()
    assert "�" not in text + document
    assert len(document.encode()) < 102_000
    for token in tokens.values():
        assert token not in received.content.decode() + text + document
    assert "/p/" not in text + document
    for kind, url in _links(document):
        _is_absolute(url)
        assert kind != "src" or urlsplit(url).hostname != "hub.example", "nothing is counted"
    for url in _URL.findall(text):
        _is_absolute(url)
    assert not re.search(r"<(script|form|iframe|object|link|base)\b", document)
    return message


def _is_sound_on_the_wire(received: Received) -> None:
    lines = received.content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert received.content.isascii()
    assert len(received.content) < 300_000


def _is_one_of_a_list(message: EmailMessage, language: str) -> None:
    assert message.defects == []
    assert {name.lower() for name in message} == _READ
    assert len(list(message)) == len(_READ), "each exactly once"
    assert message.get_content_type() == "multipart/alternative"
    assert re.fullmatch(rf"<{HUB}/u/[0-9a-f]{{48}}>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Content-Language"] == language
    assert all(value.defects == () for value in message.values())
    link = message["List-Unsubscribe"].strip("<>")
    assert all(link in part.get_content() for part in message.iter_parts())


def _links(document: str) -> Iterator[tuple[str, str]]:
    for _, kind, url, _ in markup.fromstring(document).iterlinks():
        yield kind or "", url


def _is_absolute(url: str) -> None:
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https"), url
    assert parts.hostname, url
    assert url.isascii(), url
