"""Rules for Atom: RFC 4287, RFC 4946, RFC 5005 and RFC 6721."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from services.feeds.render.snapshot import Entry
from shared.clock import rfc3339
from tests.conformance.feed_documents import NAMES, NS, Documents, documents

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


def rule_11_id_title_and_updated_once_each(docs: Documents) -> None:
    for holder in [docs.atom, *docs.in_atom("a:entry")]:
        for name in ("id", "title", "updated"):
            (element,) = holder.findall(f"a:{name}", NS)
            assert element.text
        assert _URN.fullmatch(holder.findtext("a:id", namespaces=NS))
    ids = docs.in_atom("//a:id/text()")
    assert len(set(ids)) == len(ids)


def rule_12_the_feed_has_an_author(docs: Documents) -> None:
    assert docs.in_atom("a:author/a:name/text()") == [docs.snapshot.feed.publisher]
    assert all(docs.in_atom("//a:author/a:name/text()"))


def rule_13_dates_have_an_offset(docs: Documents) -> None:
    for text in docs.in_atom("//a:updated/text() | //a:published/text() | //@when"):
        assert _DATE.fullmatch(text)


def rule_14_self_is_the_document(docs: Documents) -> None:
    assert docs.in_atom("a:link[@rel='self']/@href") == [docs.snapshot.links.own.atom]
    assert docs.in_atom("a:link[@rel='self']/@type") == ["application/atom+xml"]


def rule_15_alternates_are_unique_by_type_and_language(docs: Documents) -> None:
    for holder in [docs.atom, *docs.in_atom("a:entry")]:
        pairs = [
            (link.get("type"), link.get("hreflang"))
            for link in holder.findall("a:link", NS)
            if link.get("rel", "alternate") == "alternate"
        ]
        assert pairs
        assert len(set(pairs)) == len(pairs)


def rule_16_an_entry_without_content_has_page_and_summary(docs: Documents) -> None:
    bare = docs.in_atom("a:entry[not(a:content)]")
    assert len(bare) == sum(not entry.has_content for entry in docs.snapshot.entries)
    for element in bare:
        assert element.find("a:link[@rel='alternate']", NS) is not None
        assert element.findtext("a:summary", namespaces=NS)
    assert docs.in_atom("//@src") == []


def rule_17_titles_are_text_and_content_is_html(docs: Documents) -> None:
    for element in docs.in_atom("//a:title | //a:summary"):
        assert element.get("type") == "text"
    assert docs.in_atom("a:entry/a:title/text()") == [e.title for e in docs.snapshot.entries]
    assert docs.in_atom("a:entry/a:content/@type") == ["html"] * sum(
        entry.has_content for entry in docs.snapshot.entries
    )


def rule_18_enclosures_have_type_length_and_title(docs: Documents) -> None:
    found = [
        (link.get("href"), link.get("type"), link.get("length"), link.get("title"))
        for link in docs.in_atom("a:entry/a:link[@rel='enclosure']")
    ]
    assert found == [
        (file.url, file.mime_type,
         None if file.size_in_bytes is None else str(file.size_in_bytes), file.title)
        for entry in docs.snapshot.entries for file in entry.attachments
    ]  # fmt: skip


def rule_19_section_and_tags_are_categories(docs: Documents) -> None:
    for element, entry in _pairs(docs):
        section, *tags = element.findall("a:category", NS)
        assert section.get("term") == entry.section
        assert _URN.fullmatch(section.get("scheme"))
        assert section.get("label")
        assert [(tag.get("term"), tag.get("label")) for tag in tags] == [
            (tag, tag) for tag in entry.tags
        ]


def rule_20_feed_and_entries_have_a_language(docs: Documents) -> None:
    assert docs.in_atom("@xml:lang") == [docs.snapshot.feed.language or "en"]
    assert docs.in_atom("a:entry/@xml:lang") == [e.language for e in docs.snapshot.entries]


def rule_21_updated_is_what_the_data_says(docs: Documents) -> None:
    assert docs.in_atom("a:updated/text()") == [rfc3339(docs.snapshot.updated)]
    texts = docs.in_atom("a:entry/a:updated/text()")
    moments = [entry.updated for entry in docs.snapshot.entries]
    assert list(map(datetime.fromisoformat, texts)) == moments
    assert len(set(texts)) == len(texts)
    # The oldest of each moment is written as everywhere else.
    for moment in set(moments):
        (oldest,) = [text for text, other in zip(texts, moments, strict=True) if other == moment][
            -1:
        ]
        assert oldest == rfc3339(moment)


def rule_22_published_is_not_after_updated(docs: Documents) -> None:
    for element, _ in _pairs(docs):
        published, updated = (
            datetime.fromisoformat(element.findtext(f"a:{name}", namespaces=NS))
            for name in ("published", "updated")
        )
        assert published <= updated


def rule_23_licence_and_rights(docs: Documents) -> None:
    for element, entry in _pairs(docs):
        licences = [link.get("href") for link in element.findall("a:link[@rel='license']", NS)]
        assert licences == ([] if entry.license is None else [entry.license])
        assert element.findtext("a:rights", namespaces=NS) == entry.rights


def rule_24_tombstones_are_unique_and_never_of_a_shown_entry(docs: Documents) -> None:
    pairs = [(gone.get("ref"), gone.get("when")) for gone in docs.in_atom("at:deleted-entry")]
    assert len(pairs) == len(docs.snapshot.tombstones)
    assert len(set(pairs)) == len(pairs)
    assert not {ref for ref, _ in pairs} & set(docs.in_atom("a:entry/a:id/text()"))
    assert all(_URN.fullmatch(ref) for ref, _ in pairs)


def rule_25_archive_pages_are_chained(docs: Documents) -> None:
    links = docs.snapshot.links
    for rel, urls in (("prev-archive", links.older), ("next-archive", links.newer),
                      ("current", links.current)):  # fmt: skip
        expected = [] if urls is None else [urls.atom]
        assert docs.in_atom(f"a:link[@rel='{rel}']/@href") == expected
    assert len(docs.in_atom("fh:archive")) == (links.current is not None)
    assert docs.in_atom("//fh:complete | a:entry/a:link[@rel='prev-archive']") == []


def rule_27_hub_only_where_there_is_one(docs: Documents) -> None:
    hub = docs.snapshot.links.hub
    assert docs.in_atom("a:link[@rel='hub']/@href") == ([] if hub is None else [hub])


def _pairs(docs: Documents) -> list[tuple[Any, Entry]]:
    return list(zip(docs.in_atom("a:entry"), docs.snapshot.entries, strict=True))


RULES = [value for name, value in list(globals().items()) if name.startswith("rule_")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_atom(rule: Callable[[Documents], None], name: str) -> None:
    rule(documents(name))
