"""Partners that are due together share what was read: each is told what it would be alone."""

from typing import Any

import pytest

from services.feeds.digest import editions
from services.feeds.mail import ledger as ledgers
from tests.integration.feeds.issues import Clock, a_subscriber, due, ledger, posted, stored, told
from tests.integration.feeds.scenes import withdrawn
from tests.support.session import Api

FIRST, SECOND = "2026-03-10T07:00:00Z", "2026-03-11T07:00:00Z"
PARTNERS: dict[str, dict[str, Any]] = {
    "all": {},
    "also-all": {},
    "korean": {"language": "ko"},
    "news": {"interest": {"sections": ["news"]}},
    "tagged": {"interest": {"tags": ["parks"]}},
    "harbour": {},
}


@pytest.fixture
def two_days(admin: Api, time: Clock) -> None:
    """Make partners of many interests, and two days with whatever can become of posts."""
    for id, fields in PARTNERS.items():
        a_subscriber(admin, id, **fields)
    for id, fields in (
        ("kept", {}), ("corrected", {}), ("gone", {}), ("tag", {"tags": ["parks"]}),
        ("moves", {"section": "archives"}), ("closed", {"audience": ["harbour"]}),
    ):  # fmt: skip
        posted(admin, time, "2026-03-10T06:00:00Z", id, **fields)
    assert due(FIRST) == len(PARTNERS)
    posted(admin, time, "2026-03-10T08:00:00Z", "corrected", title="Better")
    posted(admin, time, "2026-03-10T08:00:00Z", "moves", section="news")
    posted(admin, time, "2026-03-10T09:00:00Z", "new", tags=["parks"])
    posted(admin, time, "2026-03-10T09:00:00Z", "second", audience=["harbour", "news"])
    time.is_at("2026-03-10T10:00:00Z")
    withdrawn(admin, "gone")


@pytest.mark.usefixtures("two_days")
@pytest.mark.parametrize("most", [0, editions.MOST_EVENTS], ids=["alone", "shared"])
def test_each_is_told_what_is_its_own(
    admin: Api, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(editions, "MOST_EVENTS", most)
    assert due(SECOND) == len(PARTNERS)
    assert {id: told(admin, id)[1] for id in PARTNERS} == {
        "all": ["new"],
        "also-all": ["new"],
        "korean": ["new"],
        "news": ["second", "new", "moves"],
        "tagged": ["new"],
        "harbour": ["second", "new"],
    }


@pytest.mark.usefixtures("two_days")
def test_subjects_count_the_same_read_alone_or_together(admin: Api, time: Clock) -> None:
    time.is_at(SECOND)
    previews = {
        id: admin("POST", f"/v1/partners/{id}/digests/preview").json()["subject"] for id in PARTNERS
    }
    due(SECOND)
    assert {id: stored(ledger(admin, id)[1]).subject for id in PARTNERS} == previews
    assert "1 post, 2 corrections, 1 withdrawal" in previews["all"]


def test_what_is_withdrawn_between_two_issues_is_told_by_the_first_alone(
    admin: Api, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_subscriber(admin, "one")
    a_subscriber(admin, "two")
    posted(admin, time, "2026-03-10T06:00:00Z", "stays")
    posted(admin, time, "2026-03-10T06:30:00Z", "leaves")
    owe, asked = ledgers.owe, list[str]()

    def owing(connection: Any, digest: str, partner: str, *about: Any, **more: Any) -> None:
        owe(connection, digest, partner, *about, **more)
        asked.append(partner)
        if len(asked) == 1:
            # After the slot, so that the other's window is the same.
            time.is_at("2026-03-10T07:00:30Z")
            withdrawn(admin, "leaves")

    monkeypatch.setattr(ledgers, "owe", owing)
    assert due(FIRST) == 2
    assert told(admin, asked[0]) == [["leaves", "stays"]]
    assert told(admin, asked[1]) == [["stays"]]


def test_a_first_issue_after_an_import_tells_no_more_than_its_cadence(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin)
    for number in range(3):
        old = {"date_published": "2019-05-01T00:00:00Z"}
        posted(admin, time, "2026-03-09T06:59:00Z", f"imported-{number}", **old)
    posted(
        admin, time, "2026-03-10T06:00:00Z", "imported-late", date_published="2019-06-01T00:00:00Z"
    )
    assert due(FIRST) == 1
    assert told(admin) == [["imported-late"]]
