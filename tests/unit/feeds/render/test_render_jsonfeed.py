"""What JSON Feed carries beyond the conformance rules."""

import json
from dataclasses import replace
from typing import Any

from services.feeds.render import jsonfeed
from tests.unit.feeds.render.samples import ARCHIVE, EMPTY, FULL, PLAIN, RICH, entry


def _document(**changes: Any) -> Any:
    return json.loads(jsonfeed.render(replace(FULL, **changes)))


def test_an_item_is_the_post_as_published() -> None:
    (item,) = _document(entries=(entry(RICH, revision=3),))["items"]

    syndication = item.pop("_pabal")
    given = {k: v for k, v in RICH.items() if k not in {"section", "license", "rights",
                                                       "translation_of"}}  # fmt: skip
    assert item == {
        **given,
        "date_published": "2026-03-01T09:00:00Z",
        "date_modified": "2026-03-01T09:02:00Z",
    }
    assert syndication == {
        "section": "news",
        "revision": 3,
        "translation_of": RICH["translation_of"],
        "translations": [
            {"id": PLAIN["id"], "language": "en", "url": PLAIN["url"]},
            {"id": "ja-101", "language": "ja", "url": "https://city.example/ja/news/101"},
        ],
        "license": RICH["license"],
        "rights": RICH["rights"],
    }


def test_an_extension_cannot_take_our_place() -> None:
    cheat = replace(entry(ARCHIVE), extensions={"_pabal": {"revision": 99}, "_x": [1, {"y": None}]})

    (item,) = _document(entries=(cheat,))["items"]

    assert item["_pabal"] == {"section": "archives", "revision": 1}
    assert item["_x"] == [1, {"y": None}]


def test_an_entry_without_content_says_its_gist() -> None:
    bare, summed = entry(ARCHIVE), entry({**ARCHIVE, "id": "b", "summary": "A map of 1974"})

    items = _document(entries=(bare, summed))["items"]

    assert [item["content_text"] for item in items] == [ARCHIVE["title"], "A map of 1974"]


def test_an_empty_feed_has_an_empty_list() -> None:
    document = json.loads(jsonfeed.render(EMPTY))

    assert document["items"] == []
    assert not document.keys() & {"hubs", "next_url"}
    assert document["_pabal"] == {"section": "news", "updated": "2026-03-01T09:00:00Z"}


def test_the_withdrawn_are_listed() -> None:
    assert _document()["_pabal"]["deleted"] == [
        {"id": "gone:1", "date": "2026-03-01T04:00:00Z"},
        {"id": "삭제된 글", "date": "2026-03-01T03:00:00Z"},
    ]
