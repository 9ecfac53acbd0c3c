"""Plans of digests: changed, skipped by hand, told ahead; and clocks that were wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.keys import Scope
from tests.integration.feeds.issues import (
    DAILY,
    Clock,
    a_subscriber,
    due,
    issued_now,
    ledger,
    posted,
    posts_of,
    told,
)
from tests.support.session import Api

FIRST, SECOND, THIRD = (f"2026-03-{day}T07:00:00Z" for day in (10, 11, 12))
OWN = "/v1/partners/harbour/digests"


def changed(admin: Api, time: Clock, moment: str, **fields: Any) -> None:
    """Change the partner at a moment."""
    time.is_at(moment)
    assert admin("PATCH", "/v1/partners/harbour", json=fields).status_code == 200


def skipped(api: Api, time: Clock, moment: str, **wish: str) -> dict[str, Any]:
    """Skip a slot at a moment, by default the next."""
    time.is_at(moment)
    answer = api("POST", f"{OWN}/skip", json=wish) if wish else api("POST", f"{OWN}/skip")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def planned(api: Api, path: str = f"{OWN}/calendar?days=2") -> list[tuple[str, str, str]]:
    """Return what is planned: whose slot, its local time, and its state."""
    items = api("GET", path).json()["items"]
    return [(item["partner"], item["local"], item["state"]) for item in items]


def test_digests_switched_on_after_their_time_of_day_begin_with_the_next_slot(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin, digest={"cadence": "none"})
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    changed(admin, time, "2026-03-10T09:00:00Z", digest=DAILY)
    posted(admin, time, "2026-03-10T10:00:00Z", "b")
    assert [due("2026-03-10T09:00:01Z"), due("2026-03-11T06:59:59Z"), due(SECOND)] == [0, 0, 1]
    assert told(admin) == [["b"]]  # the first reaches back a day


def test_an_earlier_time_of_day_begins_on_the_next_day_and_loses_nothing(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin)
    due(FIRST)
    posted(admin, time, "2026-03-10T08:00:00Z", "a")
    changed(admin, time, "2026-03-11T06:00:00Z", digest={"at": "06:30"})
    assert [due("2026-03-11T06:01:00Z"), due("2026-03-12T05:30:00Z")] == [0, 1]
    assert told(admin) == [[], ["a"]]


def test_a_change_that_is_not_of_the_plan_delays_nothing(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    changed(admin, time, "2026-03-10T07:00:30Z", digest={"email": ["desk@harbour.example"]})
    changed(admin, time, "2026-03-10T07:00:31Z", digest=DAILY, interest={"sections": ["news"]})
    assert due("2026-03-10T07:01:00Z") == 1
    assert told(admin) == [["a"]]


def test_a_clock_that_was_a_year_ahead_holds_no_digest_up(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    due("2026-03-09T07:00:00Z")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert due("2027-03-10T07:00:00Z") == 1
    changed(admin, time, "2027-03-10T07:00:30Z", digest={"at": "07:00"})
    changed(admin, time, "2027-03-10T07:00:40Z", digest=DAILY)
    posted(admin, time, "2026-03-10T06:30:00Z", "b")
    assert [due(FIRST), due(SECOND), due("2027-03-11T07:00:00Z")] == [1, 1, 1]
    assert [posts_of(issue) for issue in ledger(admin)] == [[], ["b"], [], ["a"], []]


def test_a_clock_that_went_back_repeats_nothing(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(FIRST)
    posted(admin, time, "2026-03-10T08:00:00Z", "b")
    assert [due("2026-03-09T07:00:00Z"), due("2026-03-10T06:59:59Z"), due(FIRST)] == [1, 0, 0]
    assert due(SECOND) == 1
    assert told(admin) == [[], ["a"], ["b"]]


def test_what_is_skipped_comes_with_the_next(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    due(FIRST)
    posted(admin, time, "2026-03-10T08:00:00Z", "a")
    shown = skipped(admin, time, "2026-03-10T09:00:00Z")
    assert (shown["state"], shown["slot"], shown["posts"]) == ("skipped", SECOND, [])
    assert (shown["from"], shown["until"]) == (FIRST, FIRST)
    assert shown["error"] == "skipped by hand: its posts come with the next issue"
    assert skipped(admin, time, "2026-03-10T09:00:01Z") == shown
    posted(admin, time, "2026-03-11T08:00:00Z", "b")
    assert [due(SECOND), due(THIRD)] == [0, 1]
    last = ledger(admin)[-1]
    assert (last["from"], last["until"], posts_of(last)) == (FIRST, THIRD, ["b", "a"])


def test_one_by_hand_before_a_slot_that_was_skipped_tells_nothing_twice(
    admin: Api, time: Clock
) -> None:
    a_subscriber(admin)
    due("2026-03-09T07:00:00Z")
    skipped(admin, time, "2026-03-10T05:00:00Z")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert posts_of(issued_now(admin, time, "2026-03-10T06:30:00Z")) == ["a"]
    posted(admin, time, "2026-03-10T06:45:00Z", "b")
    assert [due(FIRST), due(SECOND)] == [0, 1]
    last = ledger(admin)[-1]
    assert (last["from"], posts_of(last)) == ("2026-03-10T06:30:00Z", ["b"])


def test_one_that_is_due_and_fails_can_be_skipped(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.feeds.digest.issue.gather", lambda *_: 1 / 0)
        assert due(FIRST) == 0
    assert skipped(admin, time, "2026-03-10T07:00:30Z")["slot"] == FIRST
    assert [due("2026-03-10T07:01:00Z"), due(SECOND)] == [0, 1]
    assert [issue["state"] for issue in ledger(admin)] == ["skipped", "sent"]
    assert told(admin) == [[], ["a"]]


def test_a_later_slot_is_skipped_by_its_moment(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    local = "2026-03-11T08:00:00+01:00"
    assert skipped(admin, time, "2026-03-09T12:00:00Z", slot=local)["slot"] == SECOND
    assert [due(FIRST), due(SECOND), due(THIRD)] == [1, 0, 1]
    refused = {
        "2026-03-13T07:00:01Z": 422, "2028-03-13T07:00:00Z": 422, FIRST: 422,
        "2026-03-13T08:00:00": 422, "tomorrow": 422,
    }  # fmt: skip
    time.is_at("2026-03-12T08:00:00Z")
    for slot, status in refused.items():
        answer = admin("POST", f"{OWN}/skip", json={"slot": slot})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, "slot")


def test_without_a_schedule_there_is_nothing_to_skip(admin: Api, time: Clock) -> None:
    a_subscriber(admin, digest={"cadence": "none"})
    assert admin("POST", f"{OWN}/skip").status_code == 409
    assert planned(admin) == []


def test_the_calendar_tells_all_slots_in_order_each_in_local_time(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    a_subscriber(admin, "seoul", timezone="Asia/Seoul")
    a_subscriber(admin, "quiet", digest={"cadence": "none"})
    skipped(admin, time, "2026-03-28T00:00:00Z", slot="2026-03-29T06:00:00Z")
    expected = [
        ("harbour", "2026-03-28T08:00:00+01:00", "due"),
        ("seoul", "2026-03-29T08:00:00+09:00", "due"),
        ("harbour", "2026-03-29T08:00:00+02:00", "skipped"),
        ("seoul", "2026-03-30T08:00:00+09:00", "due"),
    ]
    path = "/v1/digests/calendar"
    assert planned(admin, f"{path}?days=2") == expected
    assert planned(admin) == [each for each in expected if each[0] == "harbour"]
    first = admin("GET", path, params={"days": 2, "limit": 3}).json()
    more = {"days": 2, "limit": 3, "cursor": first["next_cursor"]}
    rest = admin("GET", path, params=more).json()
    walked = [item["local"] for item in (*first["items"], *rest["items"])]
    assert walked == [local for _, local, _ in expected]
    assert rest["next_cursor"] is None
    for days in (0, 32):
        assert admin("GET", path, params={"days": days}).status_code == 422
    assert admin("GET", path, params={"cursor": "nonsense"}).status_code == 400


def test_an_issue_is_read_by_its_id(admin: Api, time: Clock, caller: Callable[..., Api]) -> None:
    for id in ("harbour", "library"):
        a_subscriber(admin, id)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(FIRST)
    (issue,), (others,) = ledger(admin), ledger(admin, "library")
    about = {"partner": "harbour", "attempts": 1}
    own = caller(Scope.PARTNER, "harbour")
    for reader in (admin, own, caller(Scope.OPERATE)):
        shown = reader("GET", f"/v1/digests/{issue['id']}").json()
        assert shown.pop("subject").startswith("City News: 1 post")
        assert shown == {**issue, **about}
    for id in (others["id"], "dig_none"):
        assert own("GET", f"/v1/digests/{id}").status_code == 404


@pytest.mark.parametrize(
    ("key", "statuses"),
    [
        ((Scope.OPERATE,), (200, 200, 200)),
        ((Scope.PARTNER, "harbour"), (403, 200, 200)),
        ((Scope.PARTNER, "library"), (403, 404, 404)),
        ((Scope.PUBLISH,), (403, 403, 403)),
        ((), (401, 401, 401)),
    ],
)
def test_who_may_look_ahead_and_skip(
    admin: Api, caller: Callable[..., Api], key: tuple[Any, ...], statuses: tuple[int, ...]
) -> None:
    for id in ("harbour", "library"):
        a_subscriber(admin, id)
    asking = caller(*key)
    calls = (("GET", "/v1/digests/calendar"), ("GET", f"{OWN}/calendar"), ("POST", f"{OWN}/skip"))
    assert tuple(asking(*call).status_code for call in calls) == statuses
