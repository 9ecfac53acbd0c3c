"""What revisions, withdrawals and new audiences do to issues sent and to those to come."""

from typing import Any

import pytest
from sqlalchemy import text

from services.feeds.digest.issue import issue
from services.feeds.readers import by_id
from shared.db import engine
from tests.integration.feeds.issues import (
    Clock,
    a_subscriber,
    at,
    due,
    ledger,
    page,
    posted,
    said,
    stored,
    told,
)
from tests.integration.feeds.scenes import text_of, withdrawn
from tests.support.session import Api

FIRST, SECOND, THIRD = (f"2026-03-{day}T07:00:00Z" for day in (10, 11, 12))
NOTICE = "These posts have been withdrawn since they were sent to you."
CORRECTED = "These posts have changed since they were sent to you."


def test_what_was_sent_stays_as_it_was_stored(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:01:00Z", "b")
    due(FIRST)
    before, row = ledger(admin), stored(ledger(admin)[0])
    posted(admin, time, "2026-03-10T09:00:00Z", "a", title="Better")
    time.is_at("2026-03-10T10:00:00Z")
    withdrawn(admin, "b")
    changed = {"name": "New", "language": "ko", "timezone": "Asia/Seoul",
               "interest": {"sections": ["archives"]}}  # fmt: skip
    assert admin("PATCH", "/v1/partners/harbour", json=changed).status_code == 200
    assert due("2026-03-10T23:30:00Z") == 1
    assert ledger(admin)[:1] == before
    assert stored(before[0]) == row
    assert "Title of b" in row.html


def test_a_post_withdrawn_before_the_issue_is_not_in_it(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:01:00Z", "b")
    time.is_at("2026-03-10T06:30:00Z")
    withdrawn(admin, "a")
    due(FIRST)
    due(SECOND)
    assert told(admin) == [["b"], []]
    assert "Title of a" not in stored(ledger(admin)[0]).text
    assert ledger(admin)[1]["state"] == "skipped"


def test_a_post_withdrawn_after_it_was_sent_is_a_notice_on_the_page_and_in_the_next(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a", title="Too early")
    posted(admin, time, "2026-03-10T06:01:00Z", "b")
    due(FIRST)
    assert "Body of a" in said(admin, ledger(admin)[0])
    time.is_at("2026-03-10T09:00:00Z")
    withdrawn(admin, "a")
    due(SECOND)
    due(THIRD)
    first, second, third = ledger(admin)
    shown = page(admin, first).text
    assert f"Withdrawn {NOTICE}" in text_of(shown)
    assert "Too early" in text_of(shown).split(NOTICE)[1]
    assert "Body of b" in shown
    for gone in ("Body of a", "https://city.example/a"):
        assert gone not in shown
    assert (second["state"], second["posts"]) == ("sent", [])
    assert "1 withdrawal" in stored(second).subject
    for form in (stored(second).text, text_of(stored(second).html), said(admin, second)):
        assert "Too early Withdrawn Mar 10, 2026" in " ".join(form.split())
        assert "Body of a" not in form
    assert third["state"] == "skipped"


def test_a_notice_comes_however_long_ago_the_post_was_told(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(FIRST)
    _sent_since(70)
    time.is_at("2026-06-10T09:00:00Z")
    withdrawn(admin, "a")
    due("2026-06-11T06:00:00Z")
    assert NOTICE in said(admin, ledger(admin)[-1])


def test_who_was_never_told_of_a_post_is_not_told_that_it_is_gone(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    a_subscriber(admin, "library", interest={"sections": ["archives"]})
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:00:00Z", "closed", audience=["harbour"], section="archives")
    due(FIRST)
    time.is_at("2026-03-10T09:00:00Z")
    for id in ("a", "closed"):
        withdrawn(admin, id)
    due(SECOND)
    assert [each["state"] for each in ledger(admin)] == ["sent", "sent"]
    assert [each["state"] for each in ledger(admin, "library")] == ["skipped", "skipped"]


def test_a_post_revised_before_the_issue_is_told_once_as_it_is(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a", title="First")
    posted(admin, time, "2026-03-10T06:30:00Z", "a", title="Better", content_html="<p>New</p>")
    due(FIRST)
    due(SECOND)
    issue = ledger(admin)[0]
    assert told(admin) == [["a"], []]
    assert issue["posts"][0]["title"] == "Better"
    assert "1 post (" in stored(issue).subject
    assert stored(issue).html.count("Better</a>") == 1
    assert stored(issue).text.count("Better") == 1
    for form in (stored(issue).text, stored(issue).html):
        assert "Corrected" in form
        assert "First" not in form


def test_a_post_revised_after_it_was_sent_is_told_once_as_corrected(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a", title="First")
    due(FIRST)
    posted(admin, time, "2026-03-10T09:00:00Z", "a", title="Better")
    posted(admin, time, "2026-03-10T10:00:00Z", "a", title="Best")
    due(SECOND)
    due(THIRD)
    first, second, third = ledger(admin)
    assert "Best" in said(admin, first)
    assert (second["state"], second["posts"], third["state"]) == ("sent", [], "skipped")
    assert "1 correction (" in stored(second).subject
    for form in (stored(second).text, text_of(stored(second).html), said(admin, second)):
        assert CORRECTED in " ".join(form.split())
        assert form.count("Best") == 1
        assert "Better" not in form


def test_a_restored_post_is_told_again(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a", date_published="2026-03-10T06:00:00Z")
    due(FIRST)
    time.is_at("2026-03-10T09:00:00Z")
    withdrawn(admin, "a")
    posted(admin, time, "2026-03-10T10:00:00Z", "a", date_published="2026-03-10T06:00:00Z")
    due(SECOND)
    assert told(admin) == [["a"], ["a"]]
    assert NOTICE not in said(admin, ledger(admin)[0])
    again = stored(ledger(admin)[1]).text
    assert again.count("Title of a") == 1
    assert NOTICE not in " ".join(again.split())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"audience": ["library"]}, {"audience": ["library", "harbour"]}),
        ({"audience": ["library"]}, {}),
        ({"section": "archives"}, {"section": "news"}),
        ({"language": "ko"}, {"language": "en"}),
        ({"tags": ["b"]}, {"tags": ["a", "b"]}),
    ],
    ids=["audience", "public", "section", "language", "tag"],
)
def test_a_post_that_comes_into_view_is_told_as_new(
    admin: Api, time: Clock, before: dict[str, Any], after: dict[str, Any]
) -> None:
    a_subscriber(admin, interest={"sections": ["news"], "languages": ["en"], "tags": ["a"]})
    posted(admin, time, "2026-03-10T06:00:00Z", "x", **{"tags": ["a"], **before})
    due(FIRST)
    posted(admin, time, "2026-03-10T09:00:00Z", "x", **{"tags": ["a"], **after})
    due(SECOND)
    posted(admin, time, "2026-03-11T09:00:00Z", "x", **{"tags": ["a"], **after, "title": "Again"})
    due(THIRD)
    assert told(admin) == [[], ["x"], []]
    assert CORRECTED in said(admin, ledger(admin)[2])


def test_a_post_that_comes_back_into_view_is_told_as_corrected(admin: Api, time: Clock) -> None:
    a_subscriber(admin, interest={"sections": ["news"]})
    posted(admin, time, "2026-03-10T06:00:00Z", "x")
    due(FIRST)
    posted(admin, time, "2026-03-10T09:00:00Z", "x", section="archives")
    due(SECOND)
    posted(admin, time, "2026-03-11T09:00:00Z", "x")
    due(THIRD)
    assert told(admin) == [["x"], [], []]
    assert CORRECTED in said(admin, ledger(admin)[2])


def test_an_old_post_that_is_only_filed_anew_is_not_told(admin: Api, time: Clock) -> None:
    a_subscriber(admin, interest={"sections": ["news"]})
    posted(admin, time, "2026-03-01T06:00:00Z", "old")
    posted(admin, time, "2026-03-10T06:00:00Z", "old", tags=["parks"])
    due(FIRST)
    assert ledger(admin)[0]["state"] == "skipped"


def test_a_post_that_leaves_the_audience_is_a_notice_without_its_new_words(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a", title="For all")
    due(FIRST)
    posted(admin, time, "2026-03-10T09:00:00Z", "a", title="For one", audience=["library"])
    due(SECOND)
    first, second = ledger(admin)
    for shown in (page(admin, first).text, stored(second).html, page(admin, second).text):
        assert NOTICE in text_of(shown)
        assert "For all" in shown
        for gone in ("For one", "Body of a", "https://city.example/a", "library"):
            assert gone not in shown


def test_what_leaves_the_interest_is_still_told_as_corrected(admin: Api, time: Clock) -> None:
    """The partner may have used it."""
    a_subscriber(admin, interest={"sections": ["news"]})
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(FIRST)
    posted(admin, time, "2026-03-10T09:00:00Z", "a", section="archives", title="Moved")
    due(SECOND)
    assert CORRECTED in said(admin, ledger(admin)[1])
    assert "Moved" in said(admin, ledger(admin)[0])


def test_a_page_tells_nothing_of_what_was_first_told_later(admin: Api, time: Clock) -> None:
    a_subscriber(admin, interest={"sections": ["news"]})
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:01:00Z", "b", section="archives")
    due(FIRST)
    before = page(admin, ledger(admin)[0]).text
    posted(admin, time, "2026-03-10T09:00:00Z", "b")
    due(SECOND)
    assert told(admin) == [["a"], ["b"]]
    assert page(admin, ledger(admin)[0]).text == before


def test_of_an_issue_that_was_merged_nothing_is_lost(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    with engine.snapshot() as connection:
        reader = by_id(connection, "harbour")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.feeds.digest.issue.gather", _fails)
        assert issue(reader, at(FIRST), at(FIRST)) is None
    assert due(SECOND) == 1
    assert [(each["state"], each["error"]) for each in ledger(admin)] == [
        ("failed", f"merged into {ledger(admin)[1]['id']}"),
        ("sent", None),
    ]
    assert told(admin) == [[], ["a"]]


def _sent_since(count: int) -> None:
    """Let so many daily issues pass that tell of nothing."""
    with engine.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO feeds.digest (id, partner, slot, state, from_at, until_at,
                                          from_sequence, until_sequence, opaque, sent_at)
                SELECT 'dig_' || n, partner, slot + n * interval '1 day', state, until_at,
                       slot + n * interval '1 day', until_sequence, until_sequence,
                       'opaque' || n, sent_at
                FROM feeds.digest, generate_series(1, :count) n
            """),
            {"count": count},
        )


def _fails(*arguments: object) -> None:
    raise ValueError("this issue cannot be composed")
