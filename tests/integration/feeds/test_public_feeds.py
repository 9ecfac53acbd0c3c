"""Public feeds over HTTP: what they hold, and in which order."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.feeds import ordered, store
from shared.db.engine import transaction
from shared.redis import redis
from tests.integration.feeds.scenes import (
    ATOM,
    TYPES,
    a_post,
    atom,
    ids,
    item,
    published,
    read,
    rss,
    sent,
    withdrawn,
)
from tests.support.session import Api, settle


def test_a_post_is_in_every_feed_that_it_is_for(admin: Api) -> None:
    published(admin, "a", language="en-US", tags=["parks", "한강/공원"])
    for feed in ("all", "news", "en/all", "en/news", "en-US/news", "tag/parks"):
        assert ids(admin, f"/feeds/{feed}") == ["a"]
    assert ids(admin, "/feeds/tag/한강%2F공원") == ["a"]


def test_a_document_names_its_type_and_itself(admin: Api) -> None:
    published(admin, "a", language="ko", tags=["한강/공원"])
    for feed in ("all", "ko/news", "tag/%ED%95%9C%EA%B0%95%2F%EA%B3%B5%EC%9B%90"):
        for form, media_type in TYPES.items():
            answer = read(admin, f"/feeds/{feed}.{form}")
            own = f"https://hub.example/feeds/{feed}.{form}"
            assert answer.headers["content-type"] == media_type
            assert answer.headers["link"] == f'<{own}>; rel="self"'
            assert own in answer.text


def test_a_feed_that_was_never_used_is_404(admin: Api) -> None:
    published(admin, "a")
    unused = ("archives", "ko/news", "en/archives", "xx/all", "tag/none")
    for feed in (*unused, "no such", "n%01l", "a/b/c", "%FF", "tag/n%01l"):
        for form in TYPES:
            answer = admin("GET", f"/feeds/{feed}.{form}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_name_without_a_format_is_404(admin: Api) -> None:
    published(admin, "a")
    for name in ("news", "news.xml", "news.", "tag"):
        assert admin("GET", f"/feeds/{name}").status_code == 404


def test_only_reading_is_allowed(admin: Api) -> None:
    answer = admin("POST", "/feeds/all.atom")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_all_is_there_before_the_first_post(admin: Api) -> None:
    assert ids(admin, "/feeds/all") == []
    assert read(admin, "/feeds/all.atom").headers["last-modified"] == (
        "Thu, 01 Jan 1970 00:00:00 GMT"
    )


def test_a_feed_whose_posts_are_all_withdrawn_is_empty_but_there(admin: Api) -> None:
    published(admin, "a", language="ko", section="archives", tags=["t"])
    withdrawn(admin, "a")
    for feed in ("all", "archives", "ko/archives", "tag/t"):
        assert ids(admin, f"/feeds/{feed}") == []


def test_the_newest_comes_first_and_the_id_decides_between_equals(admin: Api) -> None:
    for id, day in (("b", 2), ("d", 4), ("a", 2), ("c", 3)):
        sent(admin, id, date_published=f"2026-03-0{day}")
    settle()
    assert ids(admin, "/feeds/all") == ["d", "c", "b", "a"]


def test_the_current_document_holds_the_newest_fifty(admin: Api) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        a_post(f"p{n:02}", date_published=(start + timedelta(hours=n)).isoformat())
        for n in range(53)
    ]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == 53
    settle()
    assert ids(admin, "/feeds/news") == [f"p{n:02}" for n in range(52, 2, -1)]
    withdrawn(admin, "p52")
    assert ids(admin, "/feeds/news") == [f"p{n:02}" for n in range(51, 1, -1)]


@pytest.mark.parametrize("latest", [1, 4, 2000])
def test_posts_are_found_behind_however_many_later_ones(
    admin: Api, monkeypatch: pytest.MonkeyPatch, latest: int
) -> None:
    monkeypatch.setattr(ordered, "LATEST", latest)
    monkeypatch.setattr(store, "NEWEST", 2)
    rare = {"language": "ja", "tags": ["rare"]}
    for hour, id in enumerate(("a", "b", "c", "d", "e", "f")):
        fields = rare if id in "abe" else {}
        sent(admin, id, date_published=f"2026-03-01T0{hour}:00:00Z", **fields)
    settle()
    for feed in ("/feeds/ja/all", "/feeds/ja/news", "/feeds/tag/rare"):
        assert ids(admin, feed) == ["e", "b"]
    before = _updated(admin, "/feeds/ja/news")
    withdrawn(admin, "e")
    after = _updated(admin, "/feeds/ja/news")
    assert after > before
    for id in ("g", "h"):
        published(admin, id)
    redis().flushall()
    for feed in ("/feeds/ja/all", "/feeds/ja/news", "/feeds/tag/rare"):
        assert ids(admin, feed) == ["b", "a"]
        assert _updated(admin, feed) == after


def test_a_post_without_a_body_stands_in_every_format(admin: Api) -> None:
    post = a_post("scan", section="archives", title="Map of 1936")
    del post["content_html"]
    assert admin("POST", "/v1/posts", json=post).status_code == 201
    settle()
    assert ids(admin, "/feeds/archives") == ["scan"]
    assert item(admin, "/feeds/archives", "scan")["content_text"] == "Map of 1936"
    assert rss(admin, "/feeds/archives").findtext("channel/item/title") == "Map of 1936"


def test_a_post_at_an_admitted_private_address_is_in_its_feeds(admin: Api) -> None:
    published(admin, "a", url="http://127.0.0.1:8000/a", image="http://127.0.0.1:8000/a.png")
    assert item(admin, "/feeds/all", "a")["url"] == "http://127.0.0.1:8000/a"


def test_restricted_and_scheduled_posts_are_in_no_public_document(admin: Api) -> None:
    published(admin, "open")
    published(admin, "closed", audience=["harbour"], tags=["secret"], section="inside")
    published(admin, "later", date_published="2999-01-01", tags=["soon"])
    published(admin, "held", embargo_until="2999-01-01T00:00:00Z", tags=["soon"])
    for feed in ("all", "news", "en/all"):
        assert ids(admin, f"/feeds/{feed}") == ["open"]
    for feed in ("tag/secret", "inside", "tag/soon"):
        assert admin("GET", f"/feeds/{feed}.json").status_code == 404


def test_a_post_that_becomes_restricted_leaves_without_a_trace(admin: Api) -> None:
    published(admin, "a")
    published(admin, "a", audience=["harbour"], title="For the harbour")
    for form in TYPES:
        document = read(admin, f"/feeds/news.{form}").text
        assert "harbour" not in document
        assert "Title of a" not in document


def test_documents_tell_of_pages_and_times_alike(admin: Api) -> None:
    published(admin, "a")
    entry = item(admin, "/feeds/all", "a")
    assert entry["date_published"] == entry["date_modified"] == "2026-03-01T00:00:00Z"
    links = atom(admin, "/feeds/all").iter(f"{ATOM}link")
    assert [link.get("href") for link in links if link.get("rel") == "alternate"] == [
        "https://hub.example/feeds",
        "https://city.example/a",
    ]
    assert rss(admin, "/feeds/all").findtext("channel/link") == "https://hub.example/feeds"


def test_one_broken_row_spoils_no_other_feed(admin: Api) -> None:
    published(admin, "bad", section="archives", language="ko")
    with transaction() as connection:
        connection.execute(text("UPDATE ingest.revision SET document = '{'"))
    published(admin, "good", tags=["t"])
    assert ids(admin, "/feeds/news") == ["good"]
    assert ids(admin, "/feeds/tag/t") == ["good"]
    assert admin("GET", "/feeds/archives.json").status_code == 200
    assert admin("GET", "/feeds/all.json").status_code == 500


def _updated(reader: Api, feed: str) -> str:
    updated: str = read(reader, f"{feed}.json").json()["_pabal"]["updated"]
    return updated
