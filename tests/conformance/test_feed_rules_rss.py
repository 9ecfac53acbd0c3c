"""Rules for RSS 2.0 and the RSS Advisory Board's profile."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.feeds.render.formats import Format
from tests.conformance.feed_documents import NAMES, NS, Documents, documents

_FORM = "%a, %d %b %Y %H:%M:%S GMT"
_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)


def rule_26_channel_has_title_home_and_description(docs: Documents) -> None:
    for name in ("title", "description"):
        (text,) = docs.in_rss(f"{name}/text()")
        assert text
    assert docs.in_rss("link/text()") == [docs.snapshot.links.home]


def rule_27_self_and_hub_are_atom_links(docs: Documents) -> None:
    links = docs.snapshot.links
    assert docs.in_rss("a:link[@rel='self']/@href") == [links.own.rss]
    assert docs.in_rss("a:link[@rel='self']/@type") == ["application/rss+xml"]
    assert docs.in_rss("a:link[@rel='hub']/@href") == ([] if links.hub is None else [links.hub])


def rule_28_guids_are_unique_and_no_permalinks(docs: Documents) -> None:
    guids = docs.in_rss("item/guid/text()")
    assert len(set(guids)) == len(docs.snapshot.entries)
    assert docs.in_rss("item/guid/@isPermaLink") == ["false"] * len(guids)


def rule_29_dates_are_rfc_822_in_gmt(docs: Documents) -> None:
    texts = docs.in_rss("lastBuildDate/text() | item/pubDate/text()")
    moments = [docs.snapshot.updated, *(entry.published for entry in docs.snapshot.entries)]
    # RFC 822 knows no parts of a second.
    assert [datetime.strptime(text, _FORM).replace(tzinfo=UTC) for text in texts] == [
        moment.replace(microsecond=0) for moment in moments
    ]
    for text, moment in zip(texts, moments, strict=True):
        assert _DATE.fullmatch(text)
        assert text.startswith(f"{moment:%a}")


def rule_30_at_most_one_enclosure(docs: Documents) -> None:
    for item, entry in zip(docs.in_rss("item"), docs.snapshot.entries, strict=True):
        enclosures = item.findall("enclosure")
        assert len(enclosures) == min(1, len(entry.attachments))
        for enclosure in enclosures:
            assert re.fullmatch(r"\d+", enclosure.get("length"))
            assert enclosure.get("type")
        others = [media.get("url") for media in item.findall("media:content", NS)]
        assert others == [file.url for file in entry.attachments[1:]]


def rule_31_names_stand_in_dc_creator(docs: Documents) -> None:
    assert docs.in_rss("//author | //managingEditor | //webMaster") == []
    names = [author.name or author.url for entry in docs.snapshot.entries
             for author in entry.authors if author.name or author.url]  # fmt: skip
    assert docs.in_rss("item/dc:creator/text()") == names


def rule_32_titles_are_plain_text_with_hexadecimal_references(docs: Documents) -> None:
    assert docs.in_rss("item/title/text()") == [entry.title for entry in docs.snapshot.entries]
    titles = re.findall(r"<title>(.*?)</title>", docs.raw[Format.RSS].decode())
    assert len(titles) == 1 + len(docs.snapshot.entries)
    for title in titles:
        assert re.search(r"&(?!#x26;|#x3C;|#x3E;)|[<>]", title) is None


def rule_33_description_before_content(docs: Documents) -> None:
    for content in docs.in_rss("item/content:encoded"):
        names = [sibling.tag for sibling in content.itersiblings(preceding=True)]
        assert "description" in names


def rule_34_language_of_channel_and_items(docs: Documents) -> None:
    assert docs.in_rss("language/text()") == [docs.snapshot.feed.language or "en"]
    assert docs.in_rss("item/dc:language/text()") == [e.language for e in docs.snapshot.entries]


def rule_35_updated_without_a_second_date(docs: Documents) -> None:
    assert docs.in_rss("//dc:date") == []
    assert len(docs.in_rss("item/a:updated")) == len(docs.snapshot.entries)


def rule_36_ttl_and_update_period(docs: Documents) -> None:
    assert docs.in_rss("ttl/text()") == ["15"]
    assert docs.in_rss("sy:updatePeriod/text()") == ["hourly"]
    assert docs.in_rss("sy:updateFrequency/text()") == ["4"]


def rule_37_no_image_that_could_contradict_the_channel(docs: Documents) -> None:
    assert docs.in_rss("image") == []


def rule_25_archive_pages_are_chained(docs: Documents) -> None:
    links = docs.snapshot.links
    for rel, urls in (("prev-archive", links.older), ("next-archive", links.newer),
                      ("current", links.current)):  # fmt: skip
        expected = [] if urls is None else [urls.rss]
        assert docs.in_rss(f"a:link[@rel='{rel}']/@href") == expected
    assert len(docs.in_rss("fh:archive")) == (links.current is not None)


def rule_23_licence_is_a_link(docs: Documents) -> None:
    expected = [entry.license for entry in docs.snapshot.entries if entry.license is not None]
    assert docs.in_rss("item/a:link[@rel='license']/@href") == expected


RULES = [value for name, value in list(globals().items()) if name.startswith("rule_")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rss(rule: Callable[[Documents], None], name: str) -> None:
    rule(documents(name))
