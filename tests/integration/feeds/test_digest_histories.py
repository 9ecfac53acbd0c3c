"""Whatever becomes of posts and pairs, each that is seen is told of once."""

import random
from datetime import timedelta
from typing import Any

import pytest

from services.feeds.digest import contents
from tests.integration.feeds.issues import Clock, a_subscriber, at, due, ledger, posts_of
from tests.integration.feeds.scenes import published, withdrawn
from tests.support.session import Api

READERS: dict[str, dict[str, Any]] = {
    "harbour": {"language": "ko"},
    "library": {"language": "en", "interest": {"sections": ["news"]}},
    "museum": {"language": "de", "interest": {"languages": ["ko"]}},
}
AUDIENCES = ("public", "public", ["harbour"], ["library", "museum"])
DAYS, A_DAY = 5, 8


class Newsroom:
    """Publishes, revises and withdraws at random, and remembers who may read what."""

    def __init__(self, admin: Api, seed: int) -> None:
        self._admin = admin
        self._chance = random.Random(seed)
        self.shown: dict[str, dict[str, Any]] = {}
        self._number = 0

    def do_something(self) -> None:
        """Publish a post or a translation, revise one, or withdraw one."""
        what = self._chance.choice(["new", "new", "translate", "revise", "withdraw"])
        if what == "new" or not self.shown:
            self._publish(f"p{self._number}", language=self._chance.choice(["ko", "en"]))
        elif what == "translate":
            original = self._chance.choice(sorted(self.shown))
            other = "en" if self.shown[original]["language"] == "ko" else "ko"
            self._publish(f"p{self._number}", language=other, translation_of=original)
        elif what == "revise":
            id = self._chance.choice(sorted(self.shown))
            self._publish(id, **self.shown[id])
        else:
            id = self._chance.choice(sorted(self.shown))
            withdrawn(self._admin, id)
            del self.shown[id]

    def seen_by(self, reader: str) -> set[str]:
        """Return what a reader may see and asks for."""
        interest = READERS[reader].get("interest", {})
        return {
            id
            for id, post in self.shown.items()
            if (post["audience"] == "public" or reader in post["audience"])
            and post["section"] in interest.get("sections", [post["section"]])
            and post["language"] in interest.get("languages", [post["language"]])
        }

    def _publish(self, id: str, **fields: Any) -> None:
        self._number += 1
        fields |= {
            "section": self._chance.choice(["news", "archives"]),
            "audience": self._chance.choice(AUDIENCES),
            "title": f"Words {self._number}",
        }
        self.shown[id] = fields
        published(self._admin, id, **fields)


@pytest.mark.parametrize("seed", range(2))
def test_each_post_that_a_partner_sees_is_told_of_once(admin: Api, time: Clock, seed: int) -> None:
    for id, fields in READERS.items():
        a_subscriber(admin, id, **fields)
    newsroom, slot = Newsroom(admin, seed), at("2026-03-10T07:00:00Z")
    told: dict[str, list[str]] = {id: [] for id in READERS}
    for _ in range(DAYS):
        time.now = slot - timedelta(hours=A_DAY + 1)
        for _ in range(A_DAY):
            newsroom.do_something()
            time.now += timedelta(hours=1)
        assert due(slot.isoformat()) == len(READERS)
        for id in READERS:
            new = posts_of(ledger(admin, id)[-1])
            assert set(new) <= newsroom.seen_by(id)
            told[id].extend(new)
            assert len(told[id]) == len(set(told[id]))
            assert newsroom.seen_by(id) <= set(told[id])
        slot += timedelta(days=1)


def test_a_translation_beyond_what_one_issue_tells_is_counted_and_told_nowhere(
    admin: Api, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_TOLD", 1)
    a_subscriber(admin)
    time.is_at("2026-03-10T06:00:00Z")
    published(admin, "en")
    published(admin, "ko", language="ko", translation_of="en")
    due("2026-03-10T07:00:00Z")
    (issue,) = ledger(admin)
    assert posts_of(issue) == ["ko"]
    assert "2 posts" in admin("GET", issue["url"].removeprefix("https://hub.example")).text
