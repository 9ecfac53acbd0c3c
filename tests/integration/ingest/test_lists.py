"""Lists of posts: the newest first, narrowed, page by page."""

from typing import Any

import pytest

from tests.integration.ingest.submissions import a_post
from tests.support.session import Api


def ids(api: Api, **query: str) -> list[str]:
    answer = api("GET", "/v1/posts", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return [item["id"] for item in answer.json()["items"]]


def walk(api: Api, limit: int, **query: Any) -> list[list[str]]:
    """Follow the cursors; return the ids page by page."""
    pages = []
    cursor = ""
    while True:
        params = {**query, "limit": limit, **({"cursor": cursor} if cursor else {})}
        document = api("GET", "/v1/posts", params=params).json()
        pages.append([item["id"] for item in document["items"]])
        cursor = document["next_cursor"]
        if not cursor:
            return pages


def with_posts(api: Api, *posts: dict[str, Any]) -> None:
    for each in posts:
        assert api("POST", "/v1/posts", json=each).status_code in (200, 201)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["d", "c", "b", "a"]),
        ({"section": "news"}, ["d", "c", "a"]),
        ({"section": "sport"}, []),
        ({"language": "en"}, ["c", "a"]),
        ({"language": "en-US"}, ["c"]),
        ({"language": "EN-us"}, ["c"]),
        ({"language": "no language"}, []),
        ({"language": "ko"}, ["d", "b"]),
        ({"tag": "bus"}, ["b", "a"]),
        ({"tag": "bu"}, []),
        ({"state": "published"}, ["b", "a"]),
        ({"state": "scheduled"}, ["d"]),
        ({"state": "withdrawn"}, ["c"]),
        ({"section": "news", "language": "en", "state": "published", "tag": "bus"}, ["a"]),
        ({"section": "", "state": "withdrawn"}, ["c"]),
    ],
)
def test_a_list_is_narrowed_by_each_filter(
    admin: Api, query: dict[str, str], expected: list[str]
) -> None:
    with_posts(
        admin,
        a_post("a", tags=["bus", "night"], date_published="2026-01-01"),
        a_post("b", section="archives", language="ko", tags=["bus"], date_published="2026-01-02"),
        a_post("c", language="en-US", date_published="2026-01-03"),
        a_post("d", language="ko", date_published="2999-01-01"),
    )
    admin("DELETE", "/v1/posts/c")
    assert ids(admin, **query) == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_cursors_walk_every_post_once_also_among_equal_dates(admin: Api, limit: int) -> None:
    with_posts(admin, *(a_post(f"p{n}", date_published=f"2026-01-0{n // 3 + 1}") for n in range(7)))
    pages = walk(admin, limit)
    assert [id for page in pages for id in page] == [f"p{n}" for n in reversed(range(7))]
    assert all(len(page) == limit for page in pages[:-1])
    assert len(pages) == -(-7 // limit)


def test_a_walk_is_not_disturbed_by_what_comes_and_goes(admin: Api) -> None:
    with_posts(admin, *(a_post(f"p{n}", date_published=f"2026-01-0{n}") for n in range(1, 6)))
    first = admin("GET", "/v1/posts?limit=2").json()
    with_posts(admin, a_post("p9", date_published="2026-01-09"))
    admin("DELETE", "/v1/posts/p4")
    rest = admin("GET", "/v1/posts", params={"cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"]] == ["p5", "p4"]
    assert [item["id"] for item in rest["items"]] == ["p3", "p2", "p1"]


def test_filters_hold_on_every_page(admin: Api) -> None:
    with_posts(
        admin,
        *(a_post(f"p{n}", section=["news", "archives"][n % 2], date_published=f"2026-01-0{n + 1}")
          for n in range(8)),
    )  # fmt: skip
    assert walk(admin, 3, section="archives") == [["p7", "p5", "p3"], ["p1"]]


def test_dates_of_a_fraction_of_a_second_are_walked_too(admin: Api) -> None:
    with_posts(
        admin,
        *(a_post(f"p{n}", date_published=f"2026-01-01T00:00:00.00000{n}Z") for n in range(4)),
    )
    assert walk(admin, 1) == [["p3"], ["p2"], ["p1"], ["p0"]]
