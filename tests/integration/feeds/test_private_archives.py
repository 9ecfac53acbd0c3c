"""Archives of private feeds: the partner's own pages, closed when they are read."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from shared.db import engine
from tests.integration.feeds.scenes import (
    TYPES,
    a_partner,
    ids,
    published,
    read,
    withdrawn,
)
from tests.integration.feeds.walks import links, many, numbered, on, walk
from tests.support.session import Api


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """A feed reader: it has no key."""
    return caller()


def test_a_walk_finds_all_that_the_partner_may_see(admin: Api, reader: Api) -> None:
    token = a_partner(admin, interest={"languages": ["en"], "tags": ["map", "park"]})
    seen = _a_varied_past(admin)
    for name in (f"{section}.{form}" for section in ("all", "news") for form in TYPES):
        current, pages = walk(reader, f"/p/{token}/{name}")
        assert sorted({*current, *pages}) == seen
        assert len(pages) == len(set(pages))


def test_its_pages_are_full_and_stay(admin: Api, reader: Api) -> None:
    token = a_partner(admin, interest={"tags": ["map", "park"]})
    _a_varied_past(admin)
    paths = [f"/p/{token}/archive/1/all.{form}" for form in TYPES]
    before = [_seen(reader, path) for path in paths]
    assert len(on(read(reader, paths[0]))) == 50
    many(admin, numbered(401, 460), tags=["park"])
    published(admin, "old", date_published="1999-01-01", tags=["map"])
    assert [_seen(reader, path) for path in paths] == before
    left = on(read(reader, paths[0]))[0]
    withdrawn(admin, left)
    assert len(on(read(reader, paths[0]))) == 49
    assert all(left.encode() not in body for body, _ in (_seen(reader, path) for path in paths))


def test_the_token_stands_in_links_to_documents_alone(
    admin: Api, reader: Api, caller: Callable[..., Api]
) -> None:
    token = a_partner(admin)
    many(admin, numbered(1, 120))
    bearing = caller()
    bearing.http.headers["Authorization"] = f"Bearer {token}"
    for form in TYPES:
        path = f"archive/2/news.{form}"
        by_path = read(reader, f"/p/{token}/{path}")
        expected = {"self": path, "prev-archive": f"archive/1/news.{form}"}
        if form != "json":
            expected |= {"next-archive": f"archive/3/news.{form}", "current": f"news.{form}"}
        assert links(by_path) == {rel: f"/p/{token}/{to}" for rel, to in expected.items()}
        assert by_path.text.count(token) == len(expected)
        by_bearer = read(bearing, f"/p/-/{path}")
        assert by_bearer.text == by_path.text.replace(token, "-")
        for header in ("last-modified", "link"):
            assert header not in by_path.headers
        assert by_path.headers["cache-control"] == "private, no-store"
        current, pages = walk(bearing, f"/p/-/all.{form}")
        assert (len(current), sorted({*current, *pages})) == (50, numbered(1, 120))


def test_what_is_no_private_page(admin: Api, reader: Api) -> None:
    token = a_partner(admin)
    many(admin, numbered(1, 50))
    read(reader, f"/p/{token}/archive/2/news.atom")
    for path in ("0/news.atom", "3/news.atom", "01/news.atom", "x/news.atom", "1/digests.atom",
                 "1/none.atom", "1/news.pdf", "1/news", "1"):  # fmt: skip
        answer = reader("GET", f"/p/{token}/archive/{path}")
        assert answer.status_code == 404, path
        assert token not in answer.text
    assert reader("GET", "/p/unknown/archive/1/news.atom").status_code == 404


def test_another_partners_posts_leave_no_trace(admin: Api, reader: Api) -> None:
    token = a_partner(admin)
    many(admin, numbered(1, 30))
    before = _seen(reader, f"/p/{token}/archive/1/all.json")
    many(admin, numbered(31, 90), audience=["library"])
    withdrawn(admin, "p040")
    assert _seen(reader, f"/p/{token}/archive/1/all.json") == before
    many(admin, numbered(91, 120), audience=["library", "harbour"])
    assert len(on(read(reader, f"/p/{token}/archive/1/all.json"))) == 50


def test_another_interest_begins_its_pages_anew(admin: Api, reader: Api) -> None:
    token = a_partner(admin, interest={"tags": ["map"]})
    many(admin, numbered(1, 110), tags=["map"])
    many(admin, numbered(111, 180), tags=["park"])
    first = f"/p/{token}/archive/1/all"
    assert sorted(ids(reader, first)) == numbered(1, 50)
    _interest(admin, tags=["park"])
    assert sorted(ids(reader, first)) == numbered(111, 160)
    _interest(admin, tags=["park", "map"])
    current, pages = walk(reader, f"/p/{token}/all.json")
    assert sorted({*current, *pages}) == numbered(1, 180)
    assert len(_interests_of_pages()) == 1
    # The order of a list means nothing.
    _interest(admin, tags=["map", "park"])
    assert sorted(ids(reader, first)) == numbered(1, 50)
    assert len(_interests_of_pages()) == 1


def test_the_pages_of_a_deleted_partner_go_with_it(admin: Api, reader: Api) -> None:
    for partner in ("harbour", "library"):
        token = a_partner(admin, partner)
        many(admin, [f"{partner}-{id}" for id in numbered(1, 60)])
        read(reader, f"/p/{token}/archive/1/news.json")
    assert len(_interests_of_pages()) == 2
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    assert [feed for feed, _ in _interests_of_pages()] == ["@library/news"]


def _a_varied_past(admin: Api) -> list[str]:
    """Publish what Harbour wants, and what not; return the ids of what it wants in English."""
    many(admin, numbered(1, 60), tags=["map"], audience=["harbour"])
    many(admin, numbered(101, 140), tags=["map"], language="ko")
    many(admin, numbered(201, 260), tags=["map"], audience=["library"])
    many(admin, numbered(301, 360), tags=["park", "tree"], language="en-GB")
    many(admin, numbered(361, 380), tags=["tree"])
    return [*numbered(1, 60), *numbered(301, 360)]


def _seen(reader: Api, path: str) -> tuple[bytes, str]:
    answer = read(reader, path)
    return answer.content, answer.headers["etag"]


def _interest(admin: Api, **interest: Any) -> None:
    answer = admin("PATCH", "/v1/partners/harbour", json={"interest": interest})
    assert answer.status_code == 200, answer.text


def _interests_of_pages() -> list[tuple[str, str]]:
    kept = "SELECT DISTINCT feed, interest FROM feeds.page WHERE partner IS NOT NULL"
    with engine.transaction() as connection:
        return [tuple(row) for row in connection.execute(text(kept))]
