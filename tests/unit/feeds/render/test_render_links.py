"""Alternates, archive pages and enclosures."""

from dataclasses import replace

from services.feeds.render.links import Link, alternates, document_links, enclosure, translations
from services.feeds.render.media import Format
from services.feeds.render.snapshot import Links, Translation
from shared.schema.post import Attachment
from tests.unit.feeds.render.samples import ARCHIVE, HUB, PLAIN, entry, links, urls


def test_an_entry_without_translations_has_one_alternate() -> None:
    assert alternates(entry(ARCHIVE)) == [
        Link("alternate", ARCHIVE["url"], "text/html", "en"),
    ]


def test_the_page_is_first_and_last_among_translations() -> None:
    found = alternates(entry(PLAIN))

    assert [link.href for link in found] == [
        PLAIN["url"], "https://city.example/ko/news/101", PLAIN["url"],
    ]  # fmt: skip


def test_one_translation_a_language_and_none_in_the_entrys_own() -> None:
    crowded = replace(
        entry(PLAIN),
        translations=(
            Translation("a", "ko", "https://city.example/a"),
            Translation("b", "KO", "https://city.example/b"),
            Translation("c", "EN", "https://city.example/c"),
            Translation("d", "de", "https://city.example/d"),
        ),
    )

    assert translations(crowded) == [
        Link("alternate", "https://city.example/d", "text/html", "de"),
        Link("alternate", "https://city.example/a", "text/html", "ko"),
    ]


def test_a_document_alone_points_nowhere() -> None:
    assert document_links(Links(home=HUB, own=urls("all")), Format.ATOM) == []


def test_a_document_points_to_hub_and_pages_of_its_own_format() -> None:
    where = links("all", older=urls("1"), newer=urls("3"), current=urls("now"))

    assert document_links(where, Format.RSS) == [
        Link("hub", f"{HUB}websub"),
        Link("prev-archive", f"{HUB}feeds/1.rss", "application/rss+xml"),
        Link("next-archive", f"{HUB}feeds/3.rss", "application/rss+xml"),
        Link("current", f"{HUB}feeds/now.rss", "application/rss+xml"),
    ]


def test_attributes_are_those_that_are_known() -> None:
    empty = Attachment(url="https://city.example/a", mime_type="text/plain", size_in_bytes=0)

    assert enclosure(empty).attributes() == {
        "rel": "enclosure",
        "type": "text/plain",
        "length": "0",
        "href": "https://city.example/a",
    }
