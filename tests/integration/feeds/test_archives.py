"""Archives of public feeds over HTTP: every post is found, and a full page stays as it is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import parsedate_to_datetime
from itertools import count

import pytest
from sqlalchemy import text

from services.feeds.archive import archive, closing, pages
from services.feeds.definition import Definition
from shared.clock import utc_now
from shared.db import engine
from shared.redis import redis
from tests.integration.feeds.scenes import (
    TYPES,
    ids,
    published,
    read,
    sent,
    tombstones,
    translations,
    withdrawn,
)
from tests.integration.feeds.walks import is_archive, links, many, numbered, on, walk
from tests.support.polling import until
from tests.support.session import Api, settle

PRINT_PAGES = """
import sys
from services.feeds import public
from services.feeds.definition import parse
for path in sys.argv[1:]:
    page = public.page(*parse(path), 1)
    print(page.etag, page.last_modified.timestamp(), page.body.hex())
"""

# What a database says that is read-only for now.
REFUSE_PAGES = """
CREATE FUNCTION refuse_pages() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE 'read-only' USING ERRCODE = '25006'; END $$;
CREATE TRIGGER refuse_pages BEFORE INSERT ON feeds.page EXECUTE FUNCTION refuse_pages();
"""


def test_pages_of_fifty_fill_from_the_oldest(admin: Api) -> None:
    many(admin, numbered(1, 30))
    many(admin, numbered(31, 120))
    pages = [ids(admin, f"/feeds/archive/{number}/news") for number in (1, 2, 3)]
    assert [sorted(page) for page in pages] == [
        numbered(1, 50), numbered(51, 100), numbered(101, 120),
    ]  # fmt: skip
    # Newest first, as in the current document; both batches began at the same minute.
    assert pages[0][-4:] == ["p032", "p002", "p031", "p001"]
    assert pages[2] == numbered(101, 120)[::-1]


@pytest.mark.parametrize("form", TYPES)
def test_a_walk_finds_every_post_while_more_are_published(admin: Api, form: str) -> None:
    many(admin, numbered(1, 170))
    fresh = count()
    current, pages = walk(admin, f"/feeds/news.{form}", lambda: published(admin, f"n{next(fresh)}"))
    assert next(fresh) == 3
    assert current == numbered(121, 170)[::-1]
    assert len(pages) == len(set(pages))
    assert set(current) | set(pages) >= set(numbered(1, 170))
    again, more = walk(admin, f"/feeds/news.{form}")
    assert sorted({*again, *more}) == sorted([*(f"n{n}" for n in range(3)), *numbered(1, 170)])
    assert len(more) == len(set(more))


def test_every_public_feed_has_an_archive(admin: Api) -> None:
    many(admin, numbered(1, 120), language="ko-KR", tags=["a/b", "공원"])
    many(admin, ["other"], section="archives")
    for name in ("all", "news", "ko/news", "ko/all", "tag/a%2Fb", "tag/공원"):
        expected = ["other", *numbered(1, 120)] if name == "all" else numbered(1, 120)
        for form, media_type in TYPES.items():
            current, pages = walk(admin, f"/feeds/{name}.{form}")
            assert sorted({*current, *pages}) == sorted(expected)
            answer = read(admin, f"/feeds/archive/2/{name}.{form}")
            assert answer.headers["content-type"] == media_type


def test_a_page_says_where_it_stands(admin: Api) -> None:
    many(admin, numbered(1, 120))
    for form in ("atom", "rss"):
        current = f"/feeds/news.{form}"
        paths = [f"/feeds/archive/{number}/news.{form}" for number in (1, 2, 3)]
        first, second, third = paths
        answers = [read(admin, path) for path in paths]
        assert [links(answer) for answer in answers] == [
            {"self": first, "current": current, "next-archive": second},
            {"self": second, "current": current, "prev-archive": first, "next-archive": third},
            {"self": third, "current": current, "prev-archive": second},
        ]
        assert all(is_archive(answer) for answer in answers)
        assert all("complete" not in answer.text for answer in answers)
        assert links(read(admin, current)) == {"self": current, "prev-archive": second}
        assert not is_archive(read(admin, current))
        assert answers[1].headers["link"] == f'<https://hub.example{second}>; rel="self"'
    current, third, second, first = (
        f"/feeds/{place}news.json" for place in ("", "archive/3/", "archive/2/", "archive/1/")
    )
    for own, older in ((current, second), (third, second), (second, first)):
        assert links(read(admin, own)) == {"self": own, "prev-archive": older}
    assert links(read(admin, first)) == {"self": first}


def test_only_a_feed_of_more_than_its_document_links_to_its_archive(admin: Api) -> None:
    many(admin, numbered(1, 50))
    for form in TYPES:
        assert "prev-archive" not in links(read(admin, f"/feeds/news.{form}"))
    # A full page never gets another link: the next page is there, with nothing on it.
    assert links(read(admin, "/feeds/archive/1/news.atom"))["next-archive"].endswith("2/news.atom")
    assert ids(admin, "/feeds/archive/2/news") == []
    many(admin, ["one-more"])
    assert links(read(admin, "/feeds/news.json"))["prev-archive"] == "/feeds/archive/2/news.json"
    withdrawn(admin, "one-more")
    published(admin, "elsewhere", section="archives")
    assert links(read(admin, "/feeds/all.json"))["prev-archive"] == "/feeds/archive/2/all.json"
    withdrawn(admin, "p007")
    assert "prev-archive" not in links(read(admin, "/feeds/all.json"))


def test_a_page_that_still_fills_is_linked_only_where_it_is_needed(admin: Api) -> None:
    many(admin, numbered(1, 60))
    # All that it holds is in the current document.
    assert links(read(admin, "/feeds/news.json"))["prev-archive"] == "/feeds/archive/1/news.json"
    many(admin, numbered(61, 100), date_published="2026-04-01")
    assert links(read(admin, "/feeds/news.json"))["prev-archive"] == "/feeds/archive/1/news.json"
    published(admin, "old", date_published="1999-01-01")
    assert links(read(admin, "/feeds/news.json"))["prev-archive"] == "/feeds/archive/3/news.json"
    withdrawn(admin, "old")
    assert links(read(admin, "/feeds/news.json"))["prev-archive"] == "/feeds/archive/1/news.json"


def test_what_is_no_page(admin: Api) -> None:
    many(admin, numbered(1, 50))
    read(admin, "/feeds/archive/2/news.atom")
    for path in (
        "archive/0/news.atom", "archive/3/news.atom", "archive/01/news.atom",
        "archive/-1/news.atom", "archive/x/news.atom", "archive/¹/news.atom",
        f"archive/{'9' * 5000}/news.atom", "archive/1/none.atom", "archive/1/ko/news.atom",
        "archive/1/news.pdf", "archive/1/news", "archive/1", "archive/", "archive/news.atom",
        "archive/1/archive/1/news.atom",
    ):  # fmt: skip
        answer = admin("GET", f"/feeds/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_full_page_stays_whatever_is_published_and_whoever_renders_it(admin: Api) -> None:
    many(admin, numbered(1, 50))
    paths = [f"/feeds/archive/1/{name}.{form}" for name in ("all", "en/news") for form in TYPES]
    before = [_seen(admin, path) for path in paths]
    _in_the_next_second(admin, paths[0])
    many(admin, numbered(51, 130))
    published(admin, "old", date_published="1999-01-01")
    assert [_seen(admin, path) for path in paths] == before
    redis().flushall()
    assert [_seen(admin, path) for path in paths] == before
    names = [path.removeprefix("/feeds/archive/1/") for path in paths]
    for line, (body, etag, modified) in zip(_of_another_process(names), before, strict=True):
        given = line.split()
        assert (given[0], bytes.fromhex(given[2])) == (etag.replace('-br"', '"'), body)
        assert int(float(given[1])) == parsedate_to_datetime(modified).timestamp()


def test_who_has_a_page_gets_304(admin: Api) -> None:
    many(admin, numbered(1, 60))
    page = read(admin, "/feeds/archive/1/news.json")
    given = ("If-None-Match", page.headers["etag"]), (
        "If-Modified-Since", page.headers["last-modified"],
    )  # fmt: skip
    for name, value in given:
        answer = admin("GET", "/feeds/archive/1/news.json", headers={name: value})
        assert (answer.status_code, answer.content) == (304, b"")
    assert admin("HEAD", "/feeds/archive/1/news.json").headers["etag"] == page.headers["etag"]


def test_a_withdrawn_post_leaves_its_page_and_moves_both_validators(admin: Api) -> None:
    many(admin, numbered(1, 120))
    first, second = ("/feeds/archive/1/news.atom", "/feeds/archive/2/news.atom")
    before, beside = _seen(admin, first), _seen(admin, second)
    _in_the_next_second(admin, first)
    withdrawn(admin, "p013")
    body, etag, modified = _seen(admin, first)
    assert b"p013" not in body
    assert on(read(admin, first)) == [id for id in numbered(1, 50)[::-1] if id != "p013"]
    assert etag != before[1]
    assert parsedate_to_datetime(modified) > parsedate_to_datetime(before[2])
    assert _seen(admin, second) == beside
    assert tombstones(admin, "/feeds/news") == ["p013"]


def test_a_post_is_gone_from_its_page_before_anything_is_rebuilt(admin: Api) -> None:
    many(admin, numbered(1, 60))
    before = _seen(admin, "/feeds/archive/1/news.json")
    _in_the_next_second(admin, "/feeds/archive/1/news.json")
    admin("DELETE", "/v1/posts/p013")
    now = _seen(admin, "/feeds/archive/1/news.json")
    assert b"p013" not in now[0]
    assert parsedate_to_datetime(now[2]) > parsedate_to_datetime(before[2])
    settle()
    assert _seen(admin, "/feeds/archive/1/news.json") == now


def test_a_restored_post_stands_at_the_end(admin: Api) -> None:
    many(admin, numbered(1, 110))
    withdrawn(admin, "p013")
    left = _seen(admin, "/feeds/archive/1/news.json")
    published(admin, "p013", title="Title of p013")
    published(admin, "p013", title="Better")
    assert _seen(admin, "/feeds/archive/1/news.json") == left
    assert "p013" in on(read(admin, "/feeds/archive/3/news.json"))
    current, pages = walk(admin, "/feeds/news.json")
    assert sorted(pages) == numbered(1, 110)
    assert len(current) == 50


def test_a_post_that_moves_stands_at_the_end_of_both_its_new_feeds(admin: Api) -> None:
    many(admin, numbered(1, 60))
    many(admin, numbered(61, 120), section="archives")
    full = [_seen(admin, f"/feeds/archive/1/{name}.json") for name in ("archives", "all")]
    # Before anything is rebuilt it is on no page of a feed that it came into.
    sent(admin, "p070", section="news", date_published="2026-03-01")
    assert "p070" not in ids(admin, "/feeds/archive/1/news")
    assert "p070" not in ids(admin, "/feeds/archive/2/news")
    settle()
    assert "p070" in ids(admin, "/feeds/archive/2/news")
    assert "p070" in ids(admin, "/feeds/archive/3/all")
    for name in ("archives", "all"):
        assert "p070" not in ids(admin, f"/feeds/archive/1/{name}")
    assert _seen(admin, "/feeds/archive/1/archives.json") != full[0]
    assert _seen(admin, "/feeds/archive/1/all.json") == full[1]


def test_a_revision_keeps_the_place_and_moves_its_page_alone(admin: Api) -> None:
    many(admin, numbered(1, 120))
    pages = [f"/feeds/archive/{number}/news.json" for number in (1, 2, 3)]
    before = [_seen(admin, page) for page in pages]
    _in_the_next_second(admin, pages[0])
    published(admin, "p013", title="Better", date_published="2026-03-01T09:12:00Z")
    after = [_seen(admin, page) for page in pages]
    assert [then == now for then, now in zip(before, after, strict=True)] == [False, True, True]
    assert parsedate_to_datetime(after[0][2]) > parsedate_to_datetime(before[0][2])
    assert on(read(admin, pages[0])) == numbered(1, 50)[::-1]


def test_backdated_posts_are_found_by_the_walk(admin: Api) -> None:
    many(admin, numbered(1, 55))
    full = _seen(admin, "/feeds/archive/1/news.rss")
    many(admin, numbered(56, 70), date_published="1988-09-17")
    current, pages = walk(admin, "/feeds/news.rss")
    assert current == numbered(6, 55)[::-1]
    assert sorted(pages) == numbered(1, 70)
    assert _seen(admin, "/feeds/archive/1/news.rss") == full


def test_what_is_not_public_leaves_no_trace_in_a_page(admin: Api) -> None:
    many(admin, numbered(1, 40))
    before = _seen(admin, "/feeds/archive/1/news.atom")
    _in_the_next_second(admin, "/feeds/archive/1/news.atom")
    many(admin, numbered(41, 80), audience=["harbour"])
    many(admin, numbered(81, 120), date_published="2999-01-01")
    withdrawn(admin, "p041")
    published(admin, "p042", audience=["harbour"], title="Revised")
    assert _seen(admin, "/feeds/archive/1/news.atom") == before
    many(admin, numbered(121, 140))
    assert sorted(ids(admin, "/feeds/archive/1/news")) == [*numbered(1, 40), *numbered(121, 130)]


def test_a_post_that_becomes_restricted_leaves_its_page(admin: Api) -> None:
    many(admin, numbered(1, 60))
    sent(admin, "p013", audience=["harbour"])
    assert "p013" not in read(admin, "/feeds/archive/1/news.atom").text
    settle()
    assert "p013" not in read(admin, "/feeds/archive/1/news.atom").text
    left = _seen(admin, "/feeds/archive/1/news.atom")
    published(admin, "p013", audience=["harbour"], title="Revised")
    assert _seen(admin, "/feeds/archive/1/news.atom") == left


def test_an_entry_on_a_page_is_linked_to_its_translation(admin: Api) -> None:
    many(admin, numbered(1, 60))
    published(admin, "ko", language="ko", translation_of="p001")
    assert translations(admin, "/feeds/archive/1/news", "p001") == ["ko"]


def test_pages_are_read_while_the_database_cannot_be_written(admin: Api, no_pages: None) -> None:
    for name in ("all", "news"):
        current = links(read(admin, f"/feeds/{name}.json"))
        assert current["prev-archive"] == f"/feeds/archive/1/{name}.json"
        assert sorted(ids(admin, f"/feeds/archive/1/{name}")) == numbered(1, 50)
        assert admin("GET", f"/feeds/archive/2/{name}.json").status_code == 404


def test_pages_are_closed_by_whoever_reads_them_first(admin: Api) -> None:
    many(admin, numbered(1, 120))
    with engine.transaction() as connection:
        connection.execute(text("DELETE FROM feeds.page"))
    assert sorted(ids(admin, "/feeds/archive/3/news")) == numbered(101, 120)
    redis().flushall()
    current, pages = walk(admin, "/feeds/all.json")
    assert sorted({*current, *pages}) == numbered(1, 120)


def test_all_who_close_pages_at_once_close_the_same(admin: Api) -> None:
    many(admin, numbered(1, 220))
    with engine.transaction() as connection:
        ends = connection.execute(text("DELETE FROM feeds.page RETURNING feed, number, last")).all()
    shelves = [archive.of_definition(Definition(name)) for name in ("all", "news")]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(closing.close, shelves * 8))
    with engine.transaction() as connection:
        closed = connection.execute(text("SELECT feed, number, last FROM feeds.page")).all()
    assert sorted(closed) == sorted(end for end in ends if end.feed in ("all", "news"))
    assert [(number, last) for feed, number, last in sorted(closed) if feed == "all"] == [
        (1, 50), (2, 100), (3, 150), (4, 200),
    ]  # fmt: skip


def test_however_many_pages_are_full_all_are_closed(admin: Api) -> None:
    many(admin, numbered(1, closing.PAGES_AT_ONCE + 20))
    small = replace(archive.of_definition(Definition()), feed="small", size=1)
    closing.close(small)
    with engine.snapshot() as connection:
        assert pages.last_end(connection, small).number == closing.PAGES_AT_ONCE + 20


@pytest.fixture
def no_pages(admin: Api) -> Iterator[None]:
    """For the length of a test, a database that holds 60 posts and takes no page."""
    many(admin, numbered(1, 60))
    redis().flushall()
    with engine.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM feeds.page")
        connection.exec_driver_sql(REFUSE_PAGES)
    yield
    with engine.transaction() as connection:
        connection.exec_driver_sql("DROP FUNCTION refuse_pages CASCADE")


def _seen(reader: Api, path: str) -> tuple[bytes, str, str]:
    answer = read(reader, path)
    return answer.content, answer.headers["etag"], answer.headers["last-modified"]


def _in_the_next_second(reader: Api, path: str) -> None:
    """Wait until a change would have another Last-Modified."""
    last = parsedate_to_datetime(read(reader, path).headers["last-modified"])
    until(lambda: utc_now().replace(microsecond=0) > last, "the next second")


def _of_another_process(names: list[str]) -> list[str]:
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_PAGES, *names],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [line for line in printed.stdout.splitlines() if line.startswith('"')]
