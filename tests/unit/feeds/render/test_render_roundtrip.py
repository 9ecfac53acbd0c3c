"""Whatever clean text a post holds comes back equal from each format."""

import html
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.feeds.render import atom, jsonfeed, rss
from services.feeds.render.snapshot import Entry, Feed
from shared.schema.post import Attachment, Author
from shared.text import clean, one_line
from tests.unit.feeds.render.samples import ARCHIVE, FULL, entry

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}
# Characters that have gone wrong in feeds before, mixed into anything at all.
NASTY = st.sampled_from(
    ["]]>", "&", "<", ">", "&amp;", "&#x3C;", "<![CDATA[", "\r\n", "\t", "\n", " ", '"', "'",
     "\x00", "\x0b", "\x1f", "\x85", "\u2028", "\ufffe", "\ufdd0", "\ufdd1", "\u202e", "\U0001f600",
     "e\u0301", "한", "ㅎㅏㄴ", "</title>", "<entry", "</item>", "\ufeff", "\U0010ffff"]
)  # fmt: skip
ANYTHING = st.lists(NASTY | st.text(max_size=5), max_size=8).map("".join)
LINES = ANYTHING.map(one_line).filter(bool)
TEXTS = ANYTHING.map(clean).filter(bool)
BODIES = st.sampled_from(["content_html", "content_text"])


def _entry(line: str, text: str, body: str) -> Entry:
    files = [
        Attachment(url=f"https://city.example/{n}", mime_type="text/plain", title=line[:500])
        for n in range(2)
    ]
    content: dict[str, Any] = {body: text}
    return replace(
        entry(ARCHIVE),
        title=line,
        summary=line,
        authors=(Author.model_construct(name=line),),
        tags=(line,),
        attachments=tuple(files),
        rights=line,
        **content,
    )


def _snapshot(made: Entry) -> Any:
    return replace(FULL, feed=Feed("o", made.title, tag=made.title), entries=(made,))


def _texts(tree: Any, *paths: str) -> list[str]:
    return [found for path in paths for found in tree.xpath(path, namespaces=NS)]


@given(LINES, TEXTS, BODIES)
def test_atom_gives_back_what_it_got(line: str, text: str, body: str) -> None:
    tree = etree.fromstring(atom.render(_snapshot(_entry(line, text, body))))

    assert tree.findtext("a:title", namespaces=NS).startswith(f"{line}: ")
    assert (
        _texts(
            tree,
            "a:author/a:name/text()",
            "a:entry/a:title/text()",
            "a:entry/a:summary/text()",
            "a:entry/a:author/a:name/text()",
            "a:entry/a:category[2]/@term",
            "a:entry/a:rights/text()",
            "a:entry/a:link[@rel='enclosure']/@title",
        )
        == [line] * 8
    )
    (content,) = _texts(tree, "a:entry/a:content/text()")
    assert (content if body == "content_html" else _from_html(content)) == text
    assert _texts(tree, "a:entry/a:content/@type") == ["html"]


@given(LINES, TEXTS, BODIES)
def test_rss_gives_back_what_it_got(line: str, text: str, body: str) -> None:
    tree = etree.fromstring(rss.render(_snapshot(_entry(line, text, body))))

    assert tree.findtext("channel/title").startswith(f"{line}: ")
    assert (
        _texts(
            tree,
            "channel/item/title/text()",
            "channel/item/dc:creator/text()",
            "channel/item/category[2]/text()",
            "channel/item/dc:rights/text()",
            "channel/item/media:content/media:title/text()",
        )
        == [line] * 5
    )
    assert _from_html(tree.findtext("channel/item/description")) == line
    content = tree.findtext("channel/item/content:encoded", namespaces=NS)
    assert (content if body == "content_html" else _from_html(content)) == text


@given(LINES, TEXTS, BODIES)
def test_json_gives_back_what_it_got(line: str, text: str, body: str) -> None:
    document = json.loads(jsonfeed.render(_snapshot(_entry(line, text, body))))

    (item,) = document["items"]
    assert document["authors"] == [{"name": line}]
    assert [item["title"], item["summary"], item["authors"][0]["name"], *item["tags"],
            item["_pabal"]["rights"]] == [line] * 5  # fmt: skip
    assert {file["title"] for file in item["attachments"]} == {line}
    assert item[body] == text


@given(st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.timezones()))
def test_moments_come_back_as_the_same_moment(moment: datetime) -> None:
    made = replace(entry(ARCHIVE), published=moment, updated=moment)

    tree = etree.fromstring(atom.render(_snapshot(made)))

    (text,) = _texts(tree, "a:entry/a:updated/text()")
    milliseconds = moment.microsecond // 1000
    expected = moment.astimezone(UTC).replace(microsecond=milliseconds * 1000)
    assert datetime.fromisoformat(text) == expected


def _from_html(markup: str) -> str:
    return html.unescape(markup.replace("<br>\n", "\n"))
