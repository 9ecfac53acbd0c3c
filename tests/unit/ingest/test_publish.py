"""What a submitted post changes, case by case."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ingest.publish import (
    Change,
    Held,
    decide,
    read_back,
    withdraw,
    withdrawal,
)
from shared.errors import StaleRevision
from shared.interest import Facets
from shared.schema.event import EventType
from shared.schema.post import Post

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
EARLIER = NOW - timedelta(days=1)
NEW_POST = Held("a")


def post(**fields: Any) -> Post:
    base = {"id": "a", "url": "https://city.example/a", "title": "T", "section": "news",
            "language": "en"}  # fmt: skip
    return Post.model_validate({**base, **fields})


def after(first: Post, *more: Post, now: datetime = NOW) -> Held:
    """Return what is held once these were submitted one after the other."""
    held = decide(NEW_POST, first, now).held
    for each in more:
        held = decide(held, each, now).held
    return held


PUBLISHED = after(post())
SCHEDULED = after(post(date_published=LATER))
WITHDRAWN = withdraw(PUBLISHED).held
WITHDRAWN_WHILE_SCHEDULED = withdraw(SCHEDULED).held

CASES: dict[str, tuple[Held, Post, dict[str, Any]]] = {
    "new": (
        NEW_POST, post(),
        {"created": True, "event": EventType.POST_PUBLISHED, "state": "published"},
    ),
    "new, dated earlier": (
        NEW_POST, post(date_published=EARLIER),
        {"created": True, "event": EventType.POST_PUBLISHED, "state": "published"},
    ),
    "new, dated now": (
        NEW_POST, post(date_published=NOW),
        {"created": True, "event": EventType.POST_PUBLISHED, "state": "published"},
    ),
    "new, dated later": (
        NEW_POST, post(date_published=LATER),
        {"created": True, "state": "scheduled", "due_at": LATER},
    ),
    "new, under embargo": (
        NEW_POST, post(date_published=EARLIER, embargo_until=LATER),
        {"created": True, "state": "scheduled", "due_at": LATER},
    ),
    "new, with an embargo that has passed": (
        NEW_POST, post(embargo_until=EARLIER),
        {"created": True, "event": EventType.POST_PUBLISHED, "state": "published"},
    ),
    "new, dated later than its embargo": (
        NEW_POST, post(date_published=LATER, embargo_until=NOW + timedelta(hours=1)),
        {"created": True, "state": "scheduled", "due_at": LATER},
    ),
    "repeated": (PUBLISHED, post(), {"changed": False, "revision": 1, "state": "published"}),
    "repeated while scheduled": (
        SCHEDULED, post(date_published=LATER),
        {"changed": False, "revision": 1, "state": "scheduled"},
    ),
    "revised": (
        PUBLISHED, post(title="U"),
        {"event": EventType.POST_UPDATED, "revision": 2, "state": "published"},
    ),
    "revised while scheduled": (
        SCHEDULED, post(date_published=LATER, title="U"),
        {"revision": 2, "state": "scheduled", "due_at": LATER},
    ),
    "published early": (
        SCHEDULED, post(date_published=NOW),
        {"event": EventType.POST_PUBLISHED, "revision": 2, "state": "published"},
    ),
    "rescheduled": (
        PUBLISHED, post(date_published=LATER),
        {"event": EventType.POST_WITHDRAWN, "revision": 2, "state": "scheduled",
         "due_at": LATER},
    ),
    "restored with what was withdrawn": (
        WITHDRAWN, post(),
        {"event": EventType.POST_PUBLISHED, "revision": 2, "state": "published"},
    ),
    "restored with something new": (
        WITHDRAWN, post(title="U"),
        {"event": EventType.POST_PUBLISHED, "revision": 2, "state": "published"},
    ),
    "restored for later": (
        WITHDRAWN, post(date_published=LATER),
        {"revision": 2, "state": "scheduled", "due_at": LATER},
    ),
    "restored after it was withdrawn while scheduled": (
        WITHDRAWN_WHILE_SCHEDULED, post(date_published=LATER),
        {"revision": 2, "state": "scheduled", "due_at": LATER},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_post_does_this_to_what_is_held(case: str) -> None:
    held, submitted, expected = CASES[case]
    change = decide(held, submitted, NOW)
    defaults = {"created": False, "changed": True, "event": None, "due_at": None, "revision": 1}
    assert {
        "created": change.created,
        "changed": change.changed,
        "event": change.event,
        "due_at": change.due_at,
        "revision": change.held.revision,
        "state": change.held.state,
    } == {**defaults, **expected}


def test_an_older_state_is_refused() -> None:
    held = after(post(date_modified=NOW))
    with pytest.raises(StaleRevision) as caught:
        decide(held, post(date_modified=EARLIER), NOW)
    assert caught.value.detail == (
        "date_modified 2026-02-28T12:00:00Z is older than 2026-03-01T12:00:00Z, which is held: "
        "send the newer state"
    )


def test_an_older_state_is_refused_even_where_the_post_was_withdrawn() -> None:
    held = withdraw(after(post(date_modified=NOW))).held
    with pytest.raises(StaleRevision):
        decide(held, post(date_modified=EARLIER), NOW)


@pytest.mark.parametrize("modified", [NOW, LATER, None])
def test_a_state_that_is_not_older_is_taken(modified: datetime | None) -> None:
    held = after(post(date_modified=NOW))
    assert decide(held, post(date_modified=modified, title="U"), NOW).changed


def test_an_older_state_is_refused_also_after_one_without_a_date() -> None:
    held = after(post(date_modified=NOW), post(title="U"))
    with pytest.raises(StaleRevision):
        decide(held, post(date_modified=EARLIER), NOW)


def test_what_was_held_more_finely_is_not_newer_than_what_was_read_of_it() -> None:
    held = replace(after(post(date_modified=NOW)), date_modified=NOW + timedelta(microseconds=9))
    assert decide(held, post(date_modified=NOW, title="U"), NOW).changed


def read_again(held: Held) -> Post:
    return Post.model_validate(read_back(held))


@pytest.mark.parametrize(
    "said",
    [
        {}, {"content_text": "a & b\n\nc"}, {"content_html": "<p>a</p>"}, {"date_published": LATER},
        {"date_modified": NOW + timedelta(microseconds=999)}, {"_b": {"y": 1, "x": 2}, "_a": []},
    ],
)  # fmt: skip
def test_what_was_read_is_known_when_it_comes_back(said: dict[str, Any]) -> None:
    at = NOW + timedelta(microseconds=123_987)
    held = decide(NEW_POST, post(**said), at).held
    assert not decide(held, read_again(held), LATER).changed
    assert not decide(held, post(**said), LATER).changed


def test_the_order_of_names_says_nothing() -> None:
    held = after(post(_a={"x": 1, "y": 2}, _b=1))
    assert not decide(held, post(_b=1, _a={"y": 2, "x": 1}), NOW).changed
    assert decide(held, post(_b=1.5, _a={"y": 2, "x": 1}), NOW).changed
    assert decide(held, post(_b=True, _a={"y": 2, "x": 1}), NOW).changed


def test_what_was_read_while_withdrawn_restores() -> None:
    assert decide(WITHDRAWN, read_again(WITHDRAWN), NOW).event is EventType.POST_PUBLISHED


def test_html_made_of_text_is_stored_but_not_taken_for_what_was_said() -> None:
    said = post(content_text="a")
    held = after(said)
    assert json.loads(held.document)["content_html"] == "<p>a</p>"
    # As posts are held that came before HTML was made.
    bare = said.model_copy(update={"date_published": NOW})
    assert not decide(replace(held, document=json.dumps(bare.document())), said, NOW).changed


def test_the_time_of_acceptance_is_the_default_date_and_stays() -> None:
    first = decide(NEW_POST, post(), NOW).held
    second = decide(first, post(title="U"), LATER).held
    assert first.date_published == second.date_published == NOW
    assert json.loads(second.document)["date_published"] == "2026-03-01T12:00:00Z"


def test_a_repeat_is_known_although_the_date_was_given_by_the_hub() -> None:
    assert not decide(PUBLISHED, post(), LATER).changed


def test_what_was_read_back_is_a_repeat_although_the_date_was_given_by_the_hub() -> None:
    held = after(post(), now=NOW + timedelta(microseconds=123_456))
    again = {name: value for name, value in read_back(held).items() if name != "_pabal"}
    assert not decide(held, post(**again), LATER).changed


@pytest.mark.parametrize(
    ("modified", "updated"), [(None, LATER), (NOW + timedelta(hours=1), NOW + timedelta(hours=1))]
)
def test_a_revision_is_updated_when_the_publisher_says_or_when_it_came(
    modified: datetime | None, updated: datetime
) -> None:
    assert PUBLISHED.updated == NOW
    assert decide(PUBLISHED, post(title="U", date_modified=modified), LATER).held.updated == updated


@pytest.mark.parametrize(
    ("held", "submitted", "was"),
    [
        (PUBLISHED, post(title="U"), None),
        (PUBLISHED, post(section="archives"), Facets("news", "en")),
        (PUBLISHED, post(audience=["harbour"]), Facets("news", "en")),
        (SCHEDULED, post(section="archives"), None),
        (WITHDRAWN, post(section="archives"), None),
        (NEW_POST, post(), None),
    ],
)
def test_what_was_seen_is_kept_where_a_revision_is_matched_otherwise(
    held: Held, submitted: Post, was: Facets | None
) -> None:
    assert decide(held, submitted, NOW).was == was


@pytest.mark.parametrize(
    ("held", "changed", "event"),
    [
        (PUBLISHED, True, EventType.POST_WITHDRAWN),
        (SCHEDULED, True, None),
        (WITHDRAWN, False, None),
    ],
)
def test_a_withdrawal_is_told_where_the_post_was_shown(
    held: Held, changed: bool, event: EventType | None
) -> None:
    assert withdraw(held) == Change(
        replace(held, state="withdrawn"), created=False, changed=changed, event=event
    )


def test_a_post_reads_back_with_its_state() -> None:
    assert read_back(replace(PUBLISHED, sequence=5)) == {
        "id": "a", "url": "https://city.example/a", "title": "T", "section": "news",
        "language": "en", "date_published": "2026-03-01T12:00:00Z", "audience": "public",
        "_pabal": {"revision": 1, "state": "published", "sequence": 5},
    }  # fmt: skip


def test_a_withdrawal_tells_no_more_than_what_is_gone() -> None:
    assert withdrawal(PUBLISHED, "wrong", NOW) == {
        "id": "a", "url": "https://city.example/a", "section": "news", "language": "en",
        "reason": "wrong", "withdrawn_at": "2026-03-01T12:00:00Z",
    }  # fmt: skip
