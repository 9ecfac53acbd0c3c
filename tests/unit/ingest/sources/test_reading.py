"""From a fetched body to entries."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources.document import Unreadable
from services.ingest.sources.reading import read_feed

ADDRESS = "https://city.example/feeds/news"


def rss(item: str, channel: str = "") -> bytes:
    """Return an RSS document of one item."""
    return (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>City</title><link>https://city.example/</link>{channel}"
        f"<item>{item}</item></channel></rss>"
    ).encode()


def one(body: bytes, media_type: str | None = None) -> dict[str, Any]:
    """Return the only entry's post."""
    (entry,) = read_feed(body, media_type, ADDRESS).entries
    return dict(entry.post)


ATOM = """<?xml version="1.0" encoding="EUC-KR"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko"><title>시</title><id>urn:feed</id>
<link rel="hub" href="/hub"/><link rel="self" href="https://city.example/self"/>
<entry xml:lang="en"><id>urn:1</id><title type="html">A &amp;lt; B &lt;b&gt;bold&lt;/b&gt;</title>
<link href="/news/1"/><link rel="license" href="https://licence.example/by"/>
<published>2026-03-01T09:00:00+09:00</published><updated>2026-03-02T00:00:00Z</updated>
<summary>요약</summary><rights>City</rights><author><name>김</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>글 <img src="a.png"/></p></div>
</content></entry></feed>""".encode("euc-kr")


def test_atom_in_korean_encoding() -> None:
    document = read_feed(ATOM, "application/atom+xml", ADDRESS)
    (entry,) = document.entries
    assert (entry.guid, entry.link) == ("urn:1", "https://city.example/news/1")
    assert (document.language, document.hub) == ("ko", "https://city.example/hub")
    assert document.topic == "https://city.example/self"
    post = dict(entry.post)
    html = post.pop("content_html")
    assert '<img src="https://city.example/feeds/a.png"' in html
    assert post == {
        "url": "https://city.example/news/1",
        "title": "A < B bold",
        "summary": "요약",
        "language": "en",
        "date_published": "2026-03-01T00:00:00Z",
        "date_modified": "2026-03-02T00:00:00Z",
        "authors": [{"name": "김"}],
        "license": "https://licence.example/by",
        "rights": "City",
    }


JSON_FEED = b"""\xef\xbb\xbf{"version": "https://jsonfeed.org/version/1.1", "title": "City",
"home_page_url": "https://city.example/", "feed_url": "https://city.example/feed.json",
"language": "en", "authors": [{"name": "Desk"}],
"hubs": [{"type": "rssCloud", "url": "/no"}, {"type": "WebSub", "url": "/hub"}],
"items": [{"id": 7, "url": "/news/7", "title": "Buses", "content_text": "Until four.",
"date_published": "2026-03-01T09:00:00+09:00", "tags": ["a", "a", ""], "image": "i.png",
"unknown": 1, "attachments": [{"url": "f.pdf", "mime_type": "application/pdf",
"size_in_bytes": 12.0, "title": "Map"}, {"url": "no-type"}]}, "nonsense",
{"id": "8", "content_html": "<p>No title and no address</p>", "author": {"name": "Kim"}}]}"""


def test_json_feed() -> None:
    document = read_feed(JSON_FEED, "application/feed+json", ADDRESS)
    assert (document.language, document.hub) == ("en", "https://city.example/hub")
    assert document.topic == "https://city.example/feed.json"
    first, second = document.entries
    assert (first.guid, first.link) == ("7", "https://city.example/news/7")
    assert dict(first.post) == {
        "url": "https://city.example/news/7",
        "title": "Buses",
        "content_text": "Until four.",
        "date_published": "2026-03-01T09:00:00+09:00",
        "image": "https://city.example/feeds/i.png",
        "authors": [{"name": "Desk"}],
        "tags": ["a"],
        "attachments": [
            {
                "url": "https://city.example/feeds/f.pdf",
                "mime_type": "application/pdf",
                "title": "Map",
                "size_in_bytes": 12,
            }
        ],
    }
    assert (second.guid, second.link) == ("8", None)
    assert dict(second.post) == {
        "url": "https://city.example/",
        "title": "No title and no address",
        "content_html": "<p>No title and no address</p>",
        "authors": [{"name": "Kim"}],
    }


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("kim@city.example (Kim)", "Kim"),
        ("kim@city.co.kr (Kim)", "Kim"),
        ("Kim", "Kim"),
        ("Kim <kim@city.example>", "Kim"),
        ("kim@city.example", None),
    ],
)
def test_no_mail_address_is_passed_on(author: str, name: str | None) -> None:
    escaped = author.replace("<", "&lt;")
    post = one(rss(f"<title>T</title><author>{escaped}</author>"))
    assert post.get("authors") == (None if name is None else [{"name": name}])


def test_content_goes_before_the_description_and_that_is_its_summary() -> None:
    item = (
        "<title>T</title><description>&lt;b&gt;Short&lt;/b&gt;</description>"
        "<content:encoded>&lt;p&gt;Long&lt;/p&gt;</content:encoded>"
    )
    post = one(rss(item))
    assert (post["content_html"], post["summary"]) == ("<p>Long</p>", "Short")


def test_an_entry_without_a_title_is_called_by_its_first_words() -> None:
    words = "말 " * 80
    post = one(rss(f"<description>{words}</description>"))
    assert len(post["title"]) <= 100
    assert post["title"].startswith("말 말")
    assert post["title"].endswith("…")


def test_long_texts_are_cut_to_a_posts_limits() -> None:
    tags = "".join(f"<category>{n} {'x' * 200}</category>" for n in range(70))
    post = one(rss(f"<title>{'가' * 600}</title>{tags}"))
    assert len(post["title"]) == 500
    assert len(post["tags"]) == 64
    assert {len(tag) for tag in post["tags"]} == {100}


def test_files_come_from_enclosures_then_media_each_once() -> None:
    item = (
        '<title>T</title><enclosure url="/a.pdf" length="12" type="application/pdf"/>'
        '<media:content url="https://city.example/a.pdf" type="application/pdf"/>'
        '<media:content url="https://city.example/b.mp4" fileSize="7"/>'
        '<enclosure url="/c" length="big" type="nonsense"/>'
        '<media:thumbnail url="/t.png"/>'
    )
    post = one(rss(item))
    assert post["attachments"] == [
        {
            "url": "https://city.example/a.pdf",
            "mime_type": "application/pdf",
            "size_in_bytes": 12,
        },
        {"url": "https://city.example/c", "mime_type": "application/octet-stream"},
        {"url": "https://city.example/b.mp4", "mime_type": "video/mp4", "size_in_bytes": 7},
    ]
    assert post["image"] == "https://city.example/t.png"


def test_an_entry_with_neither_guid_nor_link_is_known_by_its_words() -> None:
    body = rss("<title>T</title>")
    (entry,) = read_feed(body, None, ADDRESS).entries
    (again,) = read_feed(body, None, ADDRESS).entries
    assert entry.guid is not None
    assert entry.guid.startswith("words:")
    assert (entry.guid, entry.link) == (again.guid, None)
    assert entry.post["url"] == "https://city.example/"


@pytest.mark.parametrize(
    ("channel", "wait"),
    [
        ("", timedelta()),
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<ttl>soon</ttl>", timedelta()),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", timedelta(days=1)),
        (
            "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            timedelta(minutes=30),
        ),
        ("<sy:updateFrequency>0</sy:updateFrequency>", timedelta()),
    ],
)
def test_how_long_a_feed_asks_to_be_left_alone(channel: str, wait: timedelta) -> None:
    assert read_feed(rss("<title>T</title>", channel), None, ADDRESS).wait == wait


BOMB = (
    '<?xml version="1.0"?><!-- feed --><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    '<!ENTITY b "&a;&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>'
)
DTD = "it declares a DTD, which is refused"


@pytest.mark.parametrize(
    ("body", "media_type", "reason"),
    [
        (BOMB.encode(), None, DTD),
        (BOMB.encode("utf-16"), None, DTD),
        (BOMB.encode("utf-32-le"), None, DTD),
        (b'<!DOCTYPE rss SYSTEM "http://else.example/rss.dtd"><rss/>', None, DTD),
        (b"<!doctype html><html><p>Hello", None, "it is a web page, not a feed"),
        (b"  <HTML><p>Hello", "text/html", "it is a web page, not a feed"),
        (b"", None, "the document is empty"),
        (b" \n\0", None, "the document is empty"),
        (b"hello", None, "it is no feed"),
        (b"<a/>", None, "it is no feed"),
        (b'{"items": 1}', None, "it is JSON, but no JSON Feed: there are no items"),
        (b"[]", "application/json", "it is JSON, but no JSON Feed"),
        (b"{", None, "it is not well-formed JSON"),
        (b'{"a": "\xff"}', None, "it is not UTF-8, as JSON must be"),
        (b'{"items": ' + b"[" * 100_000, None, "it is not well-formed JSON"),
    ],
)
def test_what_is_no_feed_is_told_so(body: bytes, media_type: str | None, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_feed(body, media_type, ADDRESS)
    assert str(caught.value).startswith(reason)


def test_what_no_database_holds_is_left_out_of_ids_and_links() -> None:
    item = rb'{"id": "a\ud800\u0000b", "url": "/n\u0000\udfff1", "title": "T\ud83d"}'
    (entry,) = read_feed(b'{"items": [' + item + b"]}", None, ADDRESS).entries
    assert (entry.guid, entry.link) == ("ab", "https://city.example/n1")
    assert entry.post["title"] == "T"


def test_a_document_type_within_a_text_is_only_a_text() -> None:
    item = "<title>T</title><description><![CDATA[<!DOCTYPE html><p>Hi]]></description>"
    assert one(rss(item))["title"] == "T"


def test_broken_xml_is_read_as_far_as_it_goes() -> None:
    body = b'<rss version="2.0"><channel><title>A & B</title><item><title>One &nbsp; two</title>'
    assert one(body)["title"] == "One two"


@given(st.binary(max_size=300), st.sampled_from([None, "application/json", "text/xml; charset=x"]))
def test_any_bytes_are_a_document_or_refused(body: bytes, media_type: str | None) -> None:
    with suppress(Unreadable):
        read_feed(body, media_type, ADDRESS)


PIECES = st.sampled_from(
    ["<rss version='2.0'>", "<channel>", "<item>", "<title>", "</title>", "</item>", "</channel>",
     "<link>", "http://[", "</link>", "<guid>", "</guid>", "&#0;", "&#xD800;", "<![CDATA[", "]]>",
     "<pubDate>", "99999-99-99", "</pubDate>", "<enclosure url='::' length='-1'/>", "<ttl>",
     "é", "\u202e", "<category/>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>",
     "<content type='xhtml'>", "<updated>", "2026", "</updated>", "<author>", "@", "</author>"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_broken_feed_is_a_document_or_refused(body: str) -> None:
    try:
        document = read_feed(body.encode(errors="replace"), None, ADDRESS)
    except Unreadable:
        return
    assert all(entry.post.get("url") for entry in document.entries)
