"""Whatever post the door takes, every format shows, and a reader gets back what was stored."""

import html
import io
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import feedparser
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.render.formats import Format, render
from services.feeds.render.identity import entry_uri
from services.feeds.render.snapshot import Snapshot
from shared.text import one_line
from tests.support import posted
from tests.unit.feeds.render.samples import EMPTY

PIECES = st.sampled_from(
    ["]]>", "&", "<", ">", "&amp;", "&lt;", "&#x3C;", "<![CDATA[", "\r\n", "\t", "\n", " ", '"',
     "'", "\x0b", "\x1f", "\x85", "\u2028", "\ufffe", "\ufdd0", "\u202e", "\u00a0", "😀", "e\u0301",
     "한", "ㅎㅏㄴ", "</title>", "<entry", "</item>", "\ufeff", "\U0010ffff", "a", "Z", "0"]
)  # fmt: skip
MARKUP = st.sampled_from(
    ["<p>", "</p>", "<b>", "</b>", "<br>", "<script>", "</script>", "<a href='/x?a=1&b=2'>", "</a>",
     "<img src=a.png srcset='b.png 2x'>", "<svg>", "<td>", "<table>", "<!-- x -->", "<pre>",
     "<a href='javascript:x'>", "<li>", "<h2 onclick=x>", "&nbsp;", "&#1;", "<q cite=x>"]
)  # fmt: skip
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
TEXT = st.lists(PIECES | ANY, max_size=8).map("".join)
HTML = st.lists(MARKUP | PIECES | ANY, max_size=10).map("".join)
# Enough of it is always left to be a title, a name or a tag.
LINE = st.builds("{}{}{}".format, TEXT, st.sampled_from("a가😀<&"), TEXT)
URL = st.builds(
    "{}{}/{}".format,
    st.sampled_from(["https://", "HTTP://"]),
    st.sampled_from(["city.example", "한국.kr", "[2606:4700::1111]", "a_b.example:8443"]),
    TEXT,
)
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENT = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=OFFSETS).map(
    datetime.isoformat
) | st.dates(datetime(1, 1, 3).date()).map(lambda day: day.isoformat())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FILE = st.fixed_dictionaries(
    {"url": URL, "mime_type": st.sampled_from(["application/pdf", "audio/mpeg", "text/x; a=b"])},
    optional={
        "title": LINE,
        "size_in_bytes": st.integers(0, 2**53),
        "duration_in_seconds": st.floats(0, 10**9),
    },
)
AUTHOR = st.fixed_dictionaries({"name": LINE}, optional={"url": URL})
POST = st.fixed_dictionaries(
    {
        "id": LINE.map(one_line) | URL.map(one_line) | st.just("urn:isbn:1"),
        "url": URL,
        "title": LINE,
        "section": st.sampled_from(["news", "archives"]),
        "language": st.sampled_from(["ko", "en-US", "zh-Hant"]),
    },
    optional={
        "content_html": HTML, "content_text": TEXT, "summary": TEXT, "external_url": URL,
        "image": URL, "banner_image": URL, "date_published": MOMENT, "date_modified": MOMENT,
        "authors": st.lists(AUTHOR, max_size=2), "tags": st.lists(LINE, max_size=4),
        "attachments": st.lists(FILE, max_size=3), "license": URL, "rights": LINE, "_x": JSON,
    },
)  # fmt: skip


def shown(stored: dict[str, Any]) -> Snapshot:
    """Return a feed with this post as its one entry."""
    return replace(EMPTY, entries=(posted.entry_from(stored),))


def parsed(form: Format, snapshot: Snapshot) -> Any:
    """Return the one entry as feedparser reads it, without what it does for browsers' sake."""
    found = feedparser.parse(
        io.BytesIO(render(form, snapshot)),
        response_headers={"content-type": form.media_type},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    assert not found.bozo, found.bozo_exception
    (entry,) = found.entries
    return entry


def as_read(text: str) -> str:
    """Return what feedparser makes of text: stripped, and mended where it looks misread."""
    try:
        return text.strip().encode("latin-1").decode()
    except UnicodeError:
        return text.strip()


def moment(stored: str) -> tuple[int, ...]:
    return datetime.fromisoformat(stored).utctimetuple()[:6]


def as_enclosures(stored: dict[str, Any], *, unknown: str | None) -> list[tuple[Any, ...]]:
    return [
        (file["url"], file["mime_type"], str(file.get("size_in_bytes", unknown or "")) or None)
        for file in stored.get("attachments", [])
    ]


def tags(stored: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys([stored["section"], *stored.get("tags", [])]))


@given(POST)
def test_json_gives_back_every_field(value: dict[str, Any]) -> None:
    stored = posted.stored(value)
    (item,) = json.loads(render(Format.JSON, shown(stored)))["items"]
    about = item.pop("_pabal")
    expected = {name: value for name, value in stored.items() if name == "_x" or value != ""}
    assert about.pop("section") == expected.pop("section")
    assert about.get("license") == expected.pop("license", None)
    assert about.get("rights") == expected.pop("rights", None)
    assert expected.pop("audience") == "public"
    # Of a first revision nothing was modified; and one of the two contents must be there.
    expected["date_modified"] = expected["date_published"]
    if not {"content_html", "content_text"} & set(expected):
        expected["content_text"] = expected.get("summary", expected["title"])
    assert item == expected


@given(POST)
def test_atom_gives_back_what_readers_read(value: dict[str, Any]) -> None:
    stored = posted.stored(value)
    entry = parsed(Format.ATOM, shown(stored))
    enclosures = [(e.href, e.type, e.get("length")) for e in entry.enclosures]
    assert enclosures == as_enclosures(stored, unknown=None)
    assert [e.get("title") for e in entry.enclosures] == [
        file.get("title") for file in stored.get("attachments", [])
    ]
    _reads_as(entry, stored)
    # What stands in an attribute is not mended.
    assert [tag.term for tag in entry.tags] == tags(stored)
    if stored.get("summary"):
        assert entry.summary == as_read(stored["summary"])
    assert entry.link == stored["url"]


@given(POST)
def test_rss_gives_back_what_readers_read(value: dict[str, Any]) -> None:
    stored = posted.stored(value)
    entry = parsed(Format.RSS, shown(stored))
    # RSS has one enclosure, whose length must be said; the others are media.
    first, others = stored.get("attachments", [])[:1], stored.get("attachments", [])[1:]
    enclosures = [(e.href, e.type, e.length) for e in entry.enclosures]
    assert enclosures == as_enclosures({"attachments": first}, unknown="0")
    media = [(m["url"], m["type"]) for m in entry.get("media_content", [])]
    assert media == [(file["url"], file["mime_type"]) for file in others]
    _reads_as(entry, stored)
    assert [tag.term for tag in entry.tags] == list(dict.fromkeys(map(as_read, tags(stored))))
    if stored.get("summary"):
        assert html.unescape(entry.summary) == as_read(stored["summary"])
    # feedparser takes "&lt;" in an address for a reference that was not read.
    assert entry.link == re.sub("&([A-Za-z0-9_]+);", r"&\1", stored["url"].replace("&amp;", "&"))


def _reads_as(entry: Any, stored: dict[str, Any]) -> None:
    assert entry.id == entry_uri(stored["id"])
    assert entry.title == as_read(stored["title"])
    assert entry.published_parsed[:6] == moment(stored["date_published"])
    assert entry.updated_parsed[:6] == moment(stored["date_published"])
    body = as_read(stored.get("content_html", ""))
    if body:
        assert (entry.content[0].value if "content" in entry else entry.summary) == body
