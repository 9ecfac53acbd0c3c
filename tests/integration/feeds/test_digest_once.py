"""Each issue once: whoever asks, however often, and whatever breaks."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import text

from services.feeds.digest import issue as issuing
from services.feeds.digest.contents import gather
from services.feeds.digest.issue import TRIES, issue, issue_due
from services.feeds.readers import Reader, by_id
from shared.db import engine
from shared.keys import Scope
from tests.integration.feeds.issues import (
    DAILY,
    Clock,
    a_new_subscriber,
    a_subscriber,
    announced,
    at,
    due,
    issued_now,
    ledger,
    posted,
    told,
)
from tests.support.polling import until
from tests.support.session import Api, settle

SLOT, NEXT = "2026-03-10T07:00:00Z", "2026-03-11T07:00:00Z"
REASON = "this issue cannot be composed"
AT_ONCE = 6


@pytest.fixture
def broken() -> Iterator[pytest.MonkeyPatch]:
    """No issue can be composed, until the patch is undone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuing, "gather", _fails)
        yield patch


def test_an_issue_is_announced_to_its_partner_alone(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    a_subscriber(admin, "library", digest={"cadence": "none"})
    own, others, deaf = (
        _endpoint(admin, "harbour"), _endpoint(admin, "library"),
        _endpoint(admin, "harbour", event_types=["post.published"]),
    )  # fmt: skip
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert due(SLOT) == 1
    (event,) = announced()
    (shown,) = ledger(admin)
    assert set(event) == {"id", "type", "sequence", "timestamp", "data"}
    assert (event["type"], event["timestamp"]) == ("digest.published", SLOT)
    assert event["data"] == {
        "id": shown["id"], "partner": "harbour", "url": shown["url"], "from": shown["from"],
        "until": shown["until"], "posts": shown["posts"],
    }  # fmt: skip
    assert [each["id"] for each in event["data"]["posts"]] == ["a"]
    assert _owed(admin, own) == [event["id"]]
    assert _owed(admin, others) == _owed(admin, deaf) == []


def test_asking_twice_issues_once(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    endpoint = _endpoint(admin, "harbour")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert [due(SLOT), due(SLOT), due("2026-03-10T07:01:00Z")] == [1, 0, 0]
    assert told(admin) == [["a"]]
    assert len(_owed(admin, endpoint)) == len(announced()) == 1


@pytest.mark.parametrize("empty", ["skip", "send"])
def test_a_window_without_posts_is_settled_once_too(admin: Api, empty: str) -> None:
    a_subscriber(admin, digest={**DAILY, "empty": empty})
    assert [due(SLOT), due(SLOT)] == [1, 0]
    assert len(ledger(admin)) == 1
    assert len(announced()) == (0 if empty == "skip" else 1)


def test_many_workers_at_once_issue_once(admin: Api, time: Clock) -> None:
    for id in ("harbour", "library"):
        a_subscriber(admin, id)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert sum(_at_once(lambda: issue_due(at(SLOT)))) == 2
    settle()
    assert told(admin) == told(admin, "library") == [["a"]]
    assert sorted(event["data"]["partner"] for event in announced()) == ["harbour", "library"]


def test_workers_that_meet_over_one_issue_use_up_no_tries(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    reader, go = _reader(), Event()
    inside: list[object] = []
    back: list[object] = []

    def gathering(*arguments: Any) -> Any:
        inside.append(1)
        assert go.wait(30)
        return gather(*arguments)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(TRIES + 1) as pool:
        patch.setattr(issuing, "gather", gathering)
        workers = [pool.submit(issue, reader, at(SLOT), at(SLOT)) for _ in range(TRIES + 1)]
        for worker in workers:
            worker.add_done_callback(back.append)
        until(lambda: len(inside) + len(back) == len(workers), "all to have met")
        go.set()
    assert sum(worker.result() is not None for worker in workers) == 1
    (shown,) = ledger(admin)
    assert (shown["state"], shown["error"]) == ("sent", None)


def test_one_by_hand_and_the_slot_at_once_tell_nothing_twice(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    reader = _reader()
    slots = [at(SLOT), at("2026-03-10T07:00:00.5Z")] * 3
    with ThreadPoolExecutor(len(slots)) as pool:
        list(pool.map(lambda slot: issue(reader, slot, slot), slots))
    settle()
    assert [id for told_in in told(admin) for id in told_in] == ["a"]
    assert len(announced()) == 1


def test_a_slot_that_a_later_issue_covers_is_not_issued_any_more(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    reader = _reader()
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    issued_now(admin, time, "2026-03-10T07:00:30Z")
    posted(admin, time, "2026-03-10T06:59:00Z", "b")
    # A worker that read what is due before it was covered.
    assert issue(reader, at(SLOT), at("2026-03-10T07:00:31Z")) is None
    due(NEXT)
    assert told(admin) == [["a"], ["b"]]


def test_a_broken_issue_is_tried_a_few_times_and_ends_as_failed(
    admin: Api, time: Clock, broken: pytest.MonkeyPatch
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    for _ in range(TRIES - 1):
        assert due(SLOT) == 0
        assert ledger(admin)[0]["state"] == "due"
    assert due(SLOT) == 0
    broken.undo()
    assert due(SLOT) == 0
    (failed,) = ledger(admin)
    assert (failed["state"], failed["error"]) == ("failed", f"ValueError: {REASON}")
    assert (failed["posts"], failed["url"], failed["sent_at"]) == ([], None, None)
    assert announced() == []
    assert due(NEXT) == 1
    assert told(admin) == [[], ["a"]]
    assert ledger(admin)[1]["from"] == failed["from"]


def test_a_try_that_was_cut_short_is_made_again(
    admin: Api, time: Clock, broken: pytest.MonkeyPatch
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert due(SLOT) == 0
    broken.undo()
    assert due("2026-03-10T07:01:00Z") == 1
    assert told(admin) == [["a"]]
    assert ledger(admin)[0]["until"] == SLOT


def test_an_issue_that_kills_its_worker_ends_as_failed(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuing, "gather", _kills)
        for _ in range(TRIES):
            with pytest.raises(SystemExit):
                issue_due(at(SLOT))
    assert due(SLOT) == 0
    (failed,) = ledger(admin)
    assert (failed["state"], failed["error"]) == ("failed", "every try was cut short")


def test_one_partners_broken_issue_holds_no_other_up(admin: Api, time: Clock) -> None:
    for id in ("a-first", "harbour", "z-last"):
        a_subscriber(admin, id)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")

    def gathering(connection: Any, reader: Reader, *about: Any) -> Any:
        return _fails() if reader.id == "harbour" else gather(connection, reader, *about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuing, "gather", gathering)
        assert due(SLOT) == 2
    states = [ledger(admin, id)[0]["state"] for id in ("a-first", "harbour", "z-last")]
    assert states == ["sent", "due", "sent"]


def test_one_by_hand_that_fails_is_409_with_its_reason_in_the_ledger(
    admin: Api, time: Clock, broken: pytest.MonkeyPatch
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    answer = admin("POST", "/v1/partners/harbour/digests")
    assert answer.status_code == 409
    assert REASON not in answer.text
    assert [(each["state"], each["error"]) for each in ledger(admin)] == [
        ("failed", f"ValueError: {REASON}")
    ]
    broken.undo()
    issued_now(admin, time, "2026-03-10T06:30:00Z")
    assert told(admin) == [[], ["a"]]


def test_what_the_database_refuses_is_kept_as_the_reason_too(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    time.is_at(SLOT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            issuing, "gather", lambda connection, *_: connection.execute(text("SELECT 1/0"))
        )
        assert admin("POST", "/v1/partners/harbour/digests").status_code == 409
    (failed,) = ledger(admin)
    assert failed["state"] == "failed"
    assert "division by zero" in failed["error"]


def test_a_namesake_of_a_deleted_partner_begins_anew(
    admin: Api, time: Clock, caller: Callable[..., Api]
) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    (old,) = ledger(admin)
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    link = old["url"].removeprefix("https://hub.example")
    assert caller()("GET", link).status_code == 404
    token = a_new_subscriber(admin)
    own = caller(Scope.PARTNER, "harbour")
    assert ledger(own) == []
    assert caller()("GET", link).status_code == 404
    assert caller()("GET", f"/p/{token}/digests/{old['id']}").status_code == 404
    assert caller()("GET", f"/p/{token}/digests.json").json()["items"] == []
    issue = issued_now(admin, time, "2999-03-10T07:00:00Z")
    assert (issue["from"], issue["posts"]) == ("2999-03-09T07:00:00Z", [])


def _endpoint(admin: Api, partner: str, **fields: Any) -> str:
    document = {"partner": partner, "url": "http://127.0.0.1:8999/", **fields}
    answer = admin("POST", "/v1/endpoints", json=document)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def _owed(admin: Api, endpoint: str) -> list[str]:
    """Return the digests' events that an endpoint is owed."""
    answer = admin("GET", f"/v1/endpoints/{endpoint}/deliveries?limit=200")
    items: list[dict[str, Any]] = answer.json()["items"]
    return [item["event"] for item in items if item["event_type"] == "digest.published"]


def _reader() -> Reader:
    with engine.snapshot() as connection:
        return by_id(connection, "harbour")


def _at_once(work: Callable[[], Any]) -> list[Any]:
    """Do work in many threads that start together."""
    barrier = Barrier(AT_ONCE)

    def start(_: int) -> Any:
        barrier.wait(30)
        return work()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(start, range(AT_ONCE)))


def _fails(*arguments: object) -> None:
    raise ValueError(REASON)


def _kills(*arguments: object) -> None:
    raise SystemExit
