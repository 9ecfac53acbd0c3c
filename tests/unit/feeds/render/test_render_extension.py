"""What the feedgen extension adds, detail by detail."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from services.feeds.render import atom, rss
from services.feeds.render.extension import ATOM_NAMESPACES, RSS_NAMESPACES, TOMBSTONES
from services.feeds.render.snapshot import Entry
from tests.unit.feeds.render.samples import ARCHIVE, FULL, PLAIN, RICH, entry

FILE = {"url": "https://city.example/f", "mime_type": "video/mp4"}


def _item(document: dict[str, Any]) -> Any:
    return _parsed(rss.render(replace(FULL, entries=(entry(document),)))).find("channel/item")


def _parsed(xml: bytes) -> Any:
    return etree.fromstring(xml)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"size_in_bytes": 0, "duration_in_seconds": 0}, {"duration": "0"}),
        (
            {"size_in_bytes": 9, "duration_in_seconds": 61.6},
            {"fileSize": "9", "duration": "62"},
        ),
    ],
)
def test_media_attributes_are_positive_sizes_and_whole_seconds(
    more: dict[str, Any], expected: dict[str, str]
) -> None:
    item = _item({**ARCHIVE, "attachments": [FILE, {**FILE, **more}]})

    (media,) = item.findall("media:content", RSS_NAMESPACES)
    assert dict(media.attrib) == {"url": FILE["url"], "type": FILE["mime_type"], **expected}
    assert len(media) == 0


@pytest.mark.parametrize(
    ("license_url", "is_creative_commons"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", True),
        ("https://www.creativecommons.org/licenses/by/4.0/", True),
        ("https://www.kogl.or.kr/info/license.do", False),
        ("https://city.example/creativecommons.org/", False),
    ],
)
def test_the_creative_commons_module_is_for_its_licences_alone(
    license_url: str, is_creative_commons: bool
) -> None:
    item = _item({**PLAIN, "license": license_url})

    found = [element.text for element in item.findall("creativeCommons:license", RSS_NAMESPACES)]
    assert found == ([license_url] if is_creative_commons else [])


@pytest.mark.parametrize(("document", "images"), [(RICH, [RICH["image"]]), (PLAIN, [])])
def test_the_image_is_a_thumbnail(document: dict[str, Any], images: list[str]) -> None:
    shown: tuple[Entry, ...] = (entry(document),)

    for xml in (
        rss.render(replace(FULL, entries=shown)),
        atom.render(replace(FULL, entries=shown)),
    ):
        found = _parsed(xml).iterfind(".//media:thumbnail", ATOM_NAMESPACES)
        assert [element.get("url") for element in found] == images


def test_the_namespace_of_tombstones_is_declared_only_with_tombstones() -> None:
    without = _parsed(atom.render(replace(FULL, tombstones=())))

    assert TOMBSTONES in _parsed(atom.render(FULL)).nsmap.values()
    assert TOMBSTONES not in without.nsmap.values()


def test_no_prefix_is_declared_below_the_root() -> None:
    for xml in (rss.render(FULL), atom.render(FULL)):
        first_line, _, rest = xml.partition(b"\n")[2].partition(b"\n")
        assert b"xmlns" in first_line
        assert b"xmlns" not in rest
