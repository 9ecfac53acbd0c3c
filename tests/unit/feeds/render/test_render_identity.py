"""URIs of entries and feeds are permanent, unique and valid."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.render.identity import entry_uri, feed_uri
from services.feeds.render.snapshot import Feed

FEED = Feed("https://hub.example/", "City")


@pytest.mark.parametrize(
    "post_id",
    [
        "seoulsolution:news:x",
        "https://city.example/news/1?a=b&c=%EC%84%9C#part",
        "http://[2001:db8::1]:8080/a",
        "tag:city.example,2026-03-01:news/1",
        "urn:isbn:9788912345678",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "mailto:desk@city.example",
    ],
)
def test_an_id_that_is_a_uri_is_kept(post_id: str) -> None:
    assert entry_uri(post_id) == post_id


@pytest.mark.parametrize(
    "post_id",
    [
        "101",
        "news/101",
        "뉴스:101",
        "seoul:뉴스",
        "news:101 a",
        "news:",
        ":news",
        "1news:101",
        "news:50%",
        "news:%zz",
        "a:<b>",
        "https:",
        "https://",
        "https:///path",
        "https:city",
        "http://?q",
        "a:b#c#d",
        "a://[::1",
        "tag:news",
        "tag:city.example,26:x",
        "urn:x",
        "urn:uuid:not-a-uuid",
    ],
)
def test_an_id_that_is_no_uri_becomes_a_uuid(post_id: str) -> None:
    uri = entry_uri(post_id)

    assert uri.startswith("urn:uuid:")
    assert entry_uri(uri) == uri


def test_uuids_never_change() -> None:
    assert entry_uri("뉴스 101 (en)") == "urn:uuid:ab33c1f5-1e1b-5cab-812b-3090e24c9185"
    assert feed_uri(FEED) == "urn:uuid:710c5300-4344-5b41-aa48-ae5b5444f3cf"


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_different_ids_have_different_uris(one: str, other: str) -> None:
    assert (entry_uri(one) == entry_uri(other)) == (one == other)


def test_each_feed_has_its_own_uri() -> None:
    feeds = [
        FEED,
        replace(FEED, origin="https://other.example/"),
        replace(FEED, section="news"),
        replace(FEED, language="ko"),
        replace(FEED, tag="ko"),
        replace(FEED, partner="ko"),
    ]

    assert len({feed_uri(feed) for feed in feeds}) == len(feeds)


def test_a_new_title_keeps_the_uri() -> None:
    assert feed_uri(replace(FEED, publisher="Town")) == feed_uri(FEED)
