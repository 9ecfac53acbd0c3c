"""An independent reader understands what is written."""

import io
from dataclasses import replace
from typing import Any

import feedparser
import pytest

from services.feeds.render.formats import Format, render
from services.feeds.render.identity import entry_uri
from services.feeds.render.snapshot import Snapshot
from tests.unit.feeds.render.samples import ARCHIVE, EMPTY, FULL, HUB, PLAIN, RICH, entry

XML = [Format.RSS, Format.ATOM]


def _read(form: Format, snapshot: Snapshot = FULL) -> Any:
    parsed = feedparser.parse(
        io.BytesIO(render(form, snapshot)), response_headers={"content-type": form.media_type}
    )
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def _links(of: Any, rel: str) -> list[dict[str, str]]:
    return [dict(link) for link in of.links if link.rel == rel]


@pytest.mark.parametrize(("form", "version"), [(Format.RSS, "rss20"), (Format.ATOM, "atom10")])
def test_the_form_is_recognised(form: Format, version: str) -> None:
    parsed = _read(form)

    assert (parsed.version, parsed.encoding) == (version, "utf-8")


@pytest.mark.parametrize("form", XML)
def test_the_order_and_the_ids(form: Format) -> None:
    ids = [found.id for found in _read(form).entries]

    assert ids == [entry_uri(document["id"]) for document in (RICH, PLAIN, ARCHIVE)]


@pytest.mark.parametrize("form", XML)
def test_fifty_entries_stay_in_order(form: Format) -> None:
    many = tuple(entry({**ARCHIVE, "id": f"n:{n}"}, age_hours=n) for n in range(50))

    ids = [found.id for found in _read(form, replace(FULL, entries=many)).entries]

    assert ids == [f"n:{n}" for n in range(50)]


@pytest.mark.parametrize("form", XML)
def test_the_page_of_an_entry_is_its_own_and_not_a_translation(form: Format) -> None:
    links = [found.link for found in _read(form).entries]

    assert links == [RICH["url"], PLAIN["url"], ARCHIVE["url"]]


@pytest.mark.parametrize("form", XML)
def test_the_hub_the_document_and_its_home(form: Format) -> None:
    feed = _read(form).feed

    assert feed.link == HUB
    assert [link["href"] for link in _links(feed, "hub")] == [f"{HUB}websub"]
    (own,) = _links(feed, "self")
    assert (own["href"], own["type"]) == (f"{HUB}feeds/all.{form}", form.mime_type)
    (older,) = _links(feed, "prev-archive")
    assert older["href"] == f"{HUB}feeds/archive/all/3.{form}"


@pytest.mark.parametrize("form", XML)
def test_translations_are_alternates(form: Format) -> None:
    rich = _read(form).entries[0]

    found = {link["hreflang"]: link["href"] for link in _links(rich, "alternate")
             if "hreflang" in link and link["hreflang"] != "ko"}  # fmt: skip
    assert found == {"en": PLAIN["url"], "ja": "https://city.example/ja/news/101"}


def test_atom_has_every_enclosure() -> None:
    enclosures = _links(_read(Format.ATOM).entries[0], "enclosure")

    assert [(e["href"], e["type"], e.get("length"), e.get("title")) for e in enclosures] == [
        (a["url"], a["mime_type"], _text(a.get("size_in_bytes")), a.get("title"))
        for a in RICH["attachments"]
    ]


def test_rss_has_one_enclosure_and_the_rest_as_media() -> None:
    rich = _read(Format.RSS).entries[0]
    first, *rest = RICH["attachments"]

    (enclosure,) = rich.enclosures
    assert (enclosure.href, enclosure.type, enclosure.length) == (
        first["url"], first["mime_type"], "12345",
    )  # fmt: skip
    assert [(m["url"], m["type"]) for m in rich.media_content] == [
        (a["url"], a["mime_type"]) for a in rest
    ]
    assert rich.media_thumbnail == [{"url": RICH["image"]}]


def test_languages() -> None:
    atom = _read(Format.ATOM)
    rss = _read(Format.RSS)

    assert [found.title_detail.language for found in atom.entries] == ["ko", "en", "en"]
    assert [found.language for found in rss.entries] == ["ko", "en", "en"]
    assert rss.feed.language == "en"
    assert _read(Format.RSS, EMPTY).feed.language == "ko"
    assert _read(Format.ATOM, EMPTY).feed.title_detail.language == "ko"


@pytest.mark.parametrize("form", XML)
def test_dates_authors_and_licences(form: Format) -> None:
    rich = _read(form).entries[0]

    assert rich.published_parsed[:6] == (2026, 3, 1, 9, 0, 0)
    assert rich.updated_parsed[:6] == (2026, 3, 1, 9, 2, 0)
    assert [author.name for author in rich.authors] == [
        "김하늘", "Lee", "https://city.example/park",
    ]  # fmt: skip
    assert {link["href"] for link in _links(rich, "license")} == {RICH["license"]}
    assert rich.rights == RICH["rights"]


@pytest.mark.parametrize("form", XML)
def test_an_empty_feed_is_read(form: Format) -> None:
    parsed = _read(form, EMPTY)

    assert parsed.entries == []
    assert parsed.feed.title == "서울정책아카이브: 뉴스"
    assert parsed.feed.updated_parsed[:6] == (2026, 3, 1, 9, 0, 0)
    assert _links(parsed.feed, "hub") == []


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
