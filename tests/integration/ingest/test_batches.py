"""Many posts in one request: each row gets the answer that it had got alone."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from shared.db import engine
from shared.db.ingest import event
from shared.web.body import LIMIT
from tests.integration.ingest.submissions import JSON, NDJSON, NOTHING, a_post, stored, told
from tests.support.session import Api

FEED_JSON = {"content-type": "application/feed+json"}
UNCOUNTED = {"stored": 0, "unchanged": 0, "refused": 0, "results": []}


def ndjson(*rows: Any) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def batch(api: Api, body: bytes, headers: dict[str, str] = NDJSON, query: str = "") -> Any:
    answer: httpx.Response = api("POST", f"/v1/posts/batch{query}", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_rows_are_answered_in_order_and_the_good_ones_stored(admin: Api) -> None:
    admin("POST", "/v1/posts", json=a_post("held", date_modified="2026-03-02T00:00:00Z"))
    report = batch(
        admin,
        ndjson(
            a_post("new"),
            a_post("bad", url="javascript:x", title=""),
            a_post("held", date_modified="2026-03-02T00:00:00Z"),
            "{not json",
            a_post("held", date_modified="2026-03-01T00:00:00Z"),
            a_post("held", date_modified="2026-03-03T00:00:00Z"),
            '"text"',
            '{"id":"twice","id":"twice"}',
            {"id": 5},
        ),
    )
    counts = {name: report[name] for name in ("stored", "unchanged", "refused")}
    assert counts == {"stored": 2, "unchanged": 1, "refused": 6}
    assert [(row["row"], row["id"], row["status"]) for row in report["results"]] == [
        (1, "new", 201), (2, "bad", 422), (3, "held", 200), (4, None, 400), (5, "held", 409),
        (6, "held", 200), (7, None, 422), (8, None, 422), (9, None, 422),
    ]  # fmt: skip
    assert report["results"][0]["errors"] == []
    assert report["results"][1]["errors"] == [
        {"field": "url", "message": "must be an absolute http or https URL"},
        {"field": "title", "message": "must have at least 1 character"},
    ]
    assert report["results"][6]["errors"] == [
        {"field": "", "message": "a row must be a JSON object"}
    ]
    assert report["results"][7]["errors"] == [
        {"field": "id", "message": "the name stands twice in its object"}
    ]
    assert told() == [
        ("post.published", "held"), ("post.published", "new"), ("post.updated", "held"),
    ]  # fmt: skip


def test_a_batch_may_be_repeated(admin: Api) -> None:
    body = ndjson(*(a_post(f"p{n}") for n in range(450)))
    assert batch(admin, body)["stored"] == 450
    again = batch(admin, body)
    assert (again["stored"], again["unchanged"], again["refused"]) == (0, 450, 0)
    assert stored() == {"post": 450, "revision": 450, "event": 450}
    assert told() == [("post.published", f"p{n}") for n in range(450)]


def test_one_post_may_stand_in_a_batch_several_times(admin: Api) -> None:
    rows = [a_post(title="A"), a_post(title="B"), a_post(title="B"), a_post(title="A")]
    report = batch(admin, ndjson(*rows))
    assert [row["status"] for row in report["results"]] == [201, 200, 200, 200]
    assert (report["stored"], report["unchanged"]) == (3, 1)
    assert told() == [
        ("post.published", "city:news:1"), ("post.updated", "city:news:1"),
        ("post.updated", "city:news:1"),
    ]  # fmt: skip
    held = admin("GET", "/v1/posts/city:news:1").json()
    assert (held["title"], held["_pabal"]["revision"]) == ("A", 3)


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n\n"])
def test_an_empty_batch_is_an_empty_report(admin: Api, body: bytes) -> None:
    assert batch(admin, body) == UNCOUNTED
    assert batch(admin, b"[]", JSON) == UNCOUNTED


def test_a_batch_of_bad_rows_alone_stores_nothing(admin: Api) -> None:
    assert batch(admin, ndjson({}, {}))["refused"] == 2
    assert stored() == NOTHING


def test_blank_lines_and_windows_line_ends_are_no_rows(admin: Api) -> None:
    body = b"\r\n" + ndjson(a_post("a")) + b"\r\n\r\n" + ndjson(a_post("b")) + b"\r\n"
    report = batch(admin, body)
    assert [row["id"] for row in report["results"]] == ["a", "b"]


def test_a_row_over_4_mib_is_413_and_the_others_are_stored(admin: Api) -> None:
    large = a_post("large", content_text="x" * LIMIT)
    report = batch(admin, ndjson(a_post("before"), large, a_post("after")))
    assert [(row["id"], row["status"]) for row in report["results"]] == [
        ("before", 201), (None, 413), ("after", 201),
    ]  # fmt: skip
    assert report["results"][1]["errors"] == [
        {"field": "row", "message": f"has more than {LIMIT} bytes"}
    ]
    assert stored()["post"] == 2


def test_an_array_is_a_batch(admin: Api) -> None:
    body = json.dumps([a_post("a"), 5, a_post("b")]).encode()
    report = batch(admin, body, JSON)
    assert [(row["id"], row["status"]) for row in report["results"]] == [
        ("a", 201), (None, 422), ("b", 201),
    ]  # fmt: skip


def test_a_feed_is_a_batch_with_its_own_defaults(admin: Api) -> None:
    bare = {"id": "a", "url": "https://city.example/a", "title": "A"}
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "City", "language": "ko",
        "authors": [{"name": "Desk"}],
        "items": [bare, {**bare, "id": "b", "language": "en", "authors": [{"name": "Kim"}]}],
    }  # fmt: skip
    for headers in (FEED_JSON, JSON):
        report = batch(admin, json.dumps(feed).encode(), headers, "?section=archives")
        assert report["refused"] == 0
    read = {id: admin("GET", f"/v1/posts/{id}").json() for id in "ab"}
    assert [(p["section"], p["language"], p["authors"]) for p in read.values()] == [
        ("archives", "ko", [{"name": "Desk"}]), ("archives", "en", [{"name": "Kim"}]),
    ]  # fmt: skip


def test_defaults_fill_only_what_a_row_lacks(admin: Api) -> None:
    bare = {"id": "a", "url": "https://city.example/a", "title": "A"}
    rows = ndjson(bare, {**bare, "id": "b", "section": "news", "language": "en"})
    assert batch(admin, rows, NDJSON, "?section=archives&language=ko")["stored"] == 2
    read = [admin("GET", f"/v1/posts/{id}").json() for id in "ab"]
    assert [(p["section"], p["language"]) for p in read] == [("archives", "ko"), ("news", "en")]


def test_a_bad_default_is_each_rows_fault(admin: Api) -> None:
    bare = {"id": "a", "url": "https://city.example/a", "title": "A", "language": "en"}
    report = batch(admin, ndjson(bare), NDJSON, "?section=all")
    assert report["results"][0]["errors"] == [
        {"field": "section", "message": "'all' is reserved: choose another section"}
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b'"x"', b"{", b"[1 2]", b"[{}]]",
        json.dumps([a_post(f"p{n}") for n in range(1200)]).encode()[:-1],
    ],
    ids=["no rows", "text", "no end", "no comma", "too many ends", "cut short"],
)  # fmt: skip
def test_a_document_that_is_no_batch_is_refused_whole(admin: Api, body: bytes) -> None:
    answer = admin("POST", "/v1/posts/batch", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored() == NOTHING


def test_what_a_row_of_a_document_may_not_hold_is_that_rows_fault(admin: Api) -> None:
    report = batch(admin, b'[{"a":1,"a":2}, NaN, ' + json.dumps(a_post()).encode() + b"]", JSON)
    assert [row["status"] for row in report["results"]] == [422, 422, 201]
    assert report["results"][0]["errors"] == [
        {"field": "a", "message": "the name stands twice in its object"}
    ]
    assert stored() == {"post": 1, "revision": 1, "event": 1}


def test_a_feed_says_what_holds_of_its_items_also_behind_them(admin: Api) -> None:
    bare = {"id": "a", "url": "https://city.example/a", "title": "A"}
    feed = {"items": [bare], "language": "ko", "authors": [{"name": "Desk"}]}
    assert batch(admin, json.dumps(feed).encode(), FEED_JSON, "?section=news")["stored"] == 1
    read = admin("GET", "/v1/posts/a").json()
    assert (read["language"], read["authors"]) == ("ko", [{"name": "Desk"}])


@pytest.mark.parametrize("form", ["ndjson", "array", "feed"])
def test_a_batch_of_many_pieces_is_answered_in_order(admin: Api, form: str) -> None:
    rows = [a_post(f"p{n}") if n % 7 else {"id": f"p{n}"} for n in range(1, 1301)]
    bodies = {
        "ndjson": (ndjson(*rows), NDJSON),
        "array": (json.dumps(rows).encode(), JSON),
        "feed": (json.dumps({"items": rows}).encode(), FEED_JSON),
    }
    report = batch(admin, *bodies[form])
    assert [row["row"] for row in report["results"]] == list(range(1, 1301))
    assert [row["id"] for row in report["results"]] == [row["id"] for row in rows]
    assert [row["status"] for row in report["results"]] == [
        201 if n % 7 else 422 for n in range(1, 1301)
    ]
    assert told() == [("post.published", f"p{n}") for n in range(1, 1301) if n % 7]


def test_a_dry_run_says_what_would_become_of_each_row_and_stores_nothing(admin: Api) -> None:
    admin("POST", "/v1/posts", json=a_post("held", date_modified="2026-03-02T00:00:00Z"))
    admin("POST", "/v1/posts", json=a_post("gone"))
    admin("DELETE", "/v1/posts/gone")
    before, events = stored(), told()
    filling = [a_post(f"f{n}") for n in range(600)]
    rows = ndjson(
        a_post("new"),
        a_post("bad", url="javascript:x"),
        a_post("held", date_modified="2026-03-02T00:00:00Z"),
        a_post("held", date_modified="2026-03-01T00:00:00Z"),
        "{not json",
        a_post("gone"),
        *filling,
        # Those of a piece before count, too.
        a_post("new"),
        a_post("new", title="Other"),
    )
    dry = batch(admin, rows, NDJSON, "?dry_run=true")
    assert (stored(), told()) == (before, events)
    assert [row["status"] for row in dry["results"][:6]] == [201, 422, 200, 409, 400, 200]
    assert [row["status"] for row in dry["results"][-2:]] == [200, 200]
    assert (dry["stored"], dry["unchanged"], dry["refused"]) == (603, 2, 3)
    assert batch(admin, rows) == dry


@pytest.mark.parametrize("tag", ['a"b', "c\\d", "{e}", "f,g", "NULL", "밤 버스"])
def test_tags_are_stored_as_they_are_though_rows_are_copied(admin: Api, tag: str) -> None:
    rows = [a_post(f"p{n}", tags=[tag, "other"]) for n in range(2)]
    assert batch(admin, ndjson(*rows))["stored"] == 2
    found = admin("GET", "/v1/posts", params={"tag": tag}).json()["items"]
    assert [item["tags"] for item in found] == [[tag, "other"]] * 2
    with engine.transaction() as connection:
        assert set(connection.scalars(select(event.c.tags[1]))) == {tag}
