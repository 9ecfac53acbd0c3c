"""Digests in few words: a clock to set, partners that subscribe, issues and what they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.feeds.digest.issue import issue_due
from services.ingest.release import release_due
from shared import jsontext
from shared.db import engine
from tests.integration.feeds.scenes import a_partner, published, text_of
from tests.support.session import Api, settle

HUB = "https://hub.example"
DAILY = {"cadence": "daily", "at": "08:00"}
_CLOCKS = (
    "services.ingest.api", "services.ingest.batch", "services.feeds.api", "services.feeds.site.web",
    "services.notify.partner_api", "services.feeds.calendar_api",
    "services.feeds.mail.web", "services.feeds.mail.hand_api",
)  # fmt: skip


class Clock:
    """The time that the services are told, until it is set anew."""

    def __init__(self) -> None:
        self.now = at("2026-03-01T00:00:00Z")

    def __call__(self) -> datetime:
        return self.now

    def is_at(self, moment: str) -> None:
        """Make it this time."""
        self.now = at(moment)


@contextmanager
def clock() -> Iterator[Clock]:
    """Give the services of this process a clock that stands still."""
    made = Clock()
    with pytest.MonkeyPatch.context() as patch:
        for module in _CLOCKS:
            patch.setattr(f"{module}.utc_now", made)
        yield made


def at(moment: str) -> datetime:
    """Read a moment."""
    return datetime.fromisoformat(moment).astimezone(UTC)


def a_new_subscriber(admin: Api, id: str = "harbour", **fields: Any) -> str:
    """Make a partner with a digest daily at 08:00 in Berlin; return its token."""
    return a_partner(admin, id, **{"timezone": "Europe/Berlin", "digest": DAILY, **fields})


def a_subscriber(admin: Api, id: str = "harbour", **fields: Any) -> str:
    """Make one that has long been there."""
    token = a_new_subscriber(admin, id, **fields)
    since = "UPDATE notify.partner SET created_at = '2026-01-01T00:00:00Z' WHERE id = :id"
    with engine.transaction() as connection:
        connection.execute(text(since), {"id": id})
    return token


def posted(admin: Api, time: Clock, moment: str, id: str, **fields: Any) -> None:
    """Publish or revise a post at a moment; by default it is dated so."""
    time.is_at(moment)
    published(admin, id, **{"date_published": moment, **fields})


def due(moment: str) -> int:
    """Do what the worker does each minute, at this one; return how many were settled."""
    release_due(at(moment))
    settle()
    settled = issue_due(at(moment))
    settle()
    return settled


def issued_now(admin: Api, time: Clock, moment: str, id: str = "harbour") -> dict[str, Any]:
    """Issue a digest by hand at a moment."""
    time.is_at(moment)
    answer = admin("POST", f"/v1/partners/{id}/digests")
    assert answer.status_code == 201, answer.text
    settle()
    shown: dict[str, Any] = answer.json()
    return shown


def ledger(reader: Api, id: str = "harbour") -> list[dict[str, Any]]:
    """Return a partner's issues, the oldest first."""
    answer = reader("GET", f"/v1/partners/{id}/digests?limit=200")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items[::-1]


def posts_of(issue: dict[str, Any]) -> list[str]:
    """Return the ids of the posts that an issue tells of."""
    return [post["id"] for post in issue["posts"]]


def told(reader: Api, id: str = "harbour") -> list[list[str]]:
    """Return what each of a partner's issues tells of, the oldest first."""
    return [posts_of(issue) for issue in ledger(reader, id)]


def page(reader: Api, issue: dict[str, Any]) -> httpx.Response:
    """Open an issue by its own link."""
    return reader("GET", issue["url"].removeprefix(HUB))


def said(reader: Api, issue: dict[str, Any]) -> str:
    """Return the text of an issue's page, on one line."""
    answer = page(reader, issue)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def stored(issue: dict[str, Any]) -> Any:
    """Return an issue's row: what was sent stands there."""
    with engine.transaction() as connection:
        query = text("SELECT * FROM feeds.digest WHERE id = :id")
        return connection.execute(query, {"id": issue["id"]}).one()


def announced() -> list[dict[str, Any]]:
    """Return the envelopes of all digests' events, in order."""
    with engine.transaction() as connection:
        query = text("SELECT body FROM ingest.event WHERE type = 'digest.published' ORDER BY 1")
        bodies = [jsontext.loads(body.encode()) for body in connection.scalars(query)]
    return sorted(bodies, key=lambda body: body["sequence"])
