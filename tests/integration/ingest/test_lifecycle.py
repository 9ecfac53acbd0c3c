"""A post's life: revised, withdrawn, restored, scheduled, released."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from services.ingest.release import AT_ONCE, release, release_due
from shared import jsontext
from shared.clock import utc_now
from shared.db import engine
from shared.db.ingest import event
from tests.integration.ingest.submissions import NOTHING, a_post, stored, told
from tests.support.session import Api, settle

ID = "city:news:1"
PATH = f"/v1/posts/{ID}"


def publish(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api("POST", "/v1/posts", json=a_post(**fields))
    assert answer.status_code in (200, 201), answer.text
    state: dict[str, Any] = answer.json()["_pabal"]
    return state


def last_event() -> dict[str, Any]:
    with engine.transaction() as connection:
        query = select(event.c.data).order_by(event.c.position.desc()).limit(1)
        data: dict[str, Any] = jsontext.loads(connection.scalar(query) or "null")
        return data


def released_at(now: datetime) -> int:
    with engine.transaction() as connection:
        return release(connection, now, 100)


def test_every_revision_is_kept(admin: Api) -> None:
    publish(admin, title="One")
    publish(admin, title="Two")
    publish(admin, title="Two")
    items = admin("GET", f"{PATH}/revisions").json()["items"]
    assert [(item["revision"], item["post"]["title"]) for item in items] == [(2, "Two"), (1, "One")]
    assert items[1]["shown_until"] == items[0]["shown_from"] == items[0]["accepted_at"]
    assert items[0]["shown_until"] is None


def test_a_revision_reads_back_with_the_sequence_of_its_own_event(admin: Api) -> None:
    publish(admin, title="One")
    settle()
    assert publish(admin, title="Two")["sequence"] is None
    settle()
    assert admin("GET", PATH).json()["_pabal"]["sequence"] == 2
    assert publish(admin, title="Two") == {
        "revision": 2, "state": "published", "sequence": 2, "changed": False,
    }  # fmt: skip


def test_an_older_state_is_409_and_changes_nothing(admin: Api) -> None:
    publish(admin, date_modified="2026-03-02T00:00:00Z", title="New")
    answer = admin(
        "POST", "/v1/posts", json=a_post(date_modified="2026-03-01T00:00:00Z", title="Old")
    )
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/problems/stale-revision")
    assert admin("GET", PATH).json()["title"] == "New"
    assert stored() == {"post": 1, "revision": 1, "event": 1}


def test_a_withdrawal_is_told_once_with_its_reason(admin: Api) -> None:
    publish(admin)
    first = admin("DELETE", PATH, params={"reason": "wrong\r\nplace\x01"})
    assert first.status_code == 200
    assert first.json()["_pabal"] == {
        "revision": 1, "state": "withdrawn", "sequence": None, "changed": True,
    }  # fmt: skip
    again = admin("DELETE", PATH)
    assert (again.status_code, again.json()["_pabal"]["changed"]) == (200, False)
    assert told() == [("post.published", ID), ("post.withdrawn", ID)]
    data = last_event()
    assert data.pop("withdrawn_at")
    assert data == {
        "id": ID, "url": "https://city.example/news/1", "section": "news", "language": "en",
        "reason": "wrong place",
    }  # fmt: skip


def test_a_reason_has_a_limit(admin: Api) -> None:
    publish(admin)
    answer = admin("DELETE", PATH, params={"reason": "x" * 501})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["reason"]
    assert admin("DELETE", PATH, params={"reason": "x" * 500}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", PATH), ("DELETE", PATH),
                                              ("GET", f"{PATH}/revisions")])  # fmt: skip
def test_a_post_that_was_never_here_is_404(admin: Api, method: str, path: str) -> None:
    answer = admin(method, path)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/problems/not-found")
    assert stored() == NOTHING


@pytest.mark.parametrize("title", ["Night buses", "Day buses"])
def test_a_withdrawn_post_is_restored_by_posting_it_again(admin: Api, title: str) -> None:
    publish(admin)
    admin("DELETE", PATH)
    answer = admin("POST", "/v1/posts", json=a_post(title=title))
    assert answer.status_code == 200
    assert (answer.json()["_pabal"]["state"], answer.json()["_pabal"]["revision"]) == (
        "published", 2,
    )  # fmt: skip
    assert [type for type, _ in told()] == ["post.published", "post.withdrawn", "post.published"]
    assert admin("DELETE", PATH).json()["_pabal"]["changed"] is True


@pytest.mark.parametrize("fields", [{"date_published": "2999-01-01T00:00:00Z"},
                                    {"embargo_until": "2999-01-01T00:00:00Z"}])  # fmt: skip
def test_a_scheduled_post_appears_nowhere_before_its_time(
    admin: Api, fields: dict[str, str]
) -> None:
    state = publish(admin, **fields)
    assert (state["state"], state["sequence"]) == ("scheduled", None)
    before = datetime(2998, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert released_at(before) == 0
    settle()
    assert told() == []
    assert admin("GET", "/feeds/news.json").status_code == 404
    assert admin("GET", "/feeds/all.json").json()["items"] == []
    assert admin("GET", PATH).json()["_pabal"]["state"] == "scheduled"

    assert released_at(before + timedelta(seconds=1)) == 1
    settle()
    assert told() == [("post.published", ID)]
    assert last_event()["_pabal"]["state"] == "published"
    shown = [item["id"] for item in admin("GET", "/feeds/news.json").json()["items"]]
    assert shown == [ID]
    assert admin("GET", PATH).json()["_pabal"] == {
        "revision": 1, "state": "published", "sequence": 1,
    }  # fmt: skip
    assert released_at(before + timedelta(days=1)) == 0


def test_all_that_is_due_is_released_at_once(admin: Api) -> None:
    count = AT_ONCE * 2 + 1
    rows = [a_post(f"p{number}", embargo_until="2999-01-01") for number in range(count)]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == count
    assert release_due(datetime(2999, 1, 1, tzinfo=UTC)) == count
    assert len(told()) == count
    assert release_due(datetime(2999, 1, 2, tzinfo=UTC)) == 0


def test_a_shown_post_that_is_scheduled_anew_is_withdrawn_until_then(admin: Api) -> None:
    publish(admin)
    later = utc_now() + timedelta(days=1)
    assert publish(admin, date_published=later.isoformat())["state"] == "scheduled"
    assert told() == [("post.published", ID), ("post.withdrawn", ID)]
    assert last_event()["reason"] == "rescheduled"
    assert released_at(later) == 1
    assert [type for type, _ in told()] == ["post.published", "post.withdrawn", "post.published"]


def test_a_scheduled_post_that_is_withdrawn_is_never_told_of(admin: Api) -> None:
    publish(admin, date_published="2999-01-01")
    assert admin("DELETE", PATH).json()["_pabal"]["state"] == "withdrawn"
    assert released_at(datetime(2999, 2, 1, tzinfo=UTC)) == 0
    assert told() == []


@pytest.mark.parametrize(
    "id",
    ["https://city.example/news/1?a=b&c=d#e", "tag:city.example,2026:1", "뉴스/1", "a b", "100%",
     "a//b/", "..", "a/revisions", "revisions/revisions", "'; DROP TABLE post; --", "x" * 512],
)  # fmt: skip
def test_any_id_travels_percent_encoded(admin: Api, id: str) -> None:
    assert publish(admin, id=id)["revision"] == 1
    path = f"/v1/posts/{quote(id, safe='')}"
    if id == "..":
        path = "/v1/posts/%2E%2E"
    assert admin("GET", path).json()["id"] == id
    assert admin("GET", f"{path}/revisions").json()["items"][0]["post"]["id"] == id
    assert admin("DELETE", path).json()["id"] == id


def test_what_comes_back_can_be_sent_back(admin: Api) -> None:
    publish(admin, content_html="<p>a<script>x</script></p>", tags=["bus"], _city={"ward": 5})
    settle()
    answer = admin("POST", "/v1/posts", json=admin("GET", PATH).json())
    assert answer.json()["_pabal"]["changed"] is False
    assert answer.json()["_city"] == {"ward": 5}
