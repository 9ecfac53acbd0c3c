"""Rules for JSON Feed 1.1."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from services.feeds.render.formats import Format
from tests.conformance.feed_documents import NAMES, Documents, documents

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def rule_38_version_title_items_and_addresses(docs: Documents) -> None:
    feed, links = docs.json, docs.snapshot.links
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert len(feed["items"]) == len(docs.snapshot.entries)
    assert (feed["home_page_url"], feed["feed_url"]) == (links.home, links.own.json)


def rule_39_ids_are_unique_text_and_urls_are_there(docs: Documents) -> None:
    items = docs.json["items"]
    assert len({item["id"] for item in items}) == len(items)
    assert [(item["id"], item["url"], item["title"]) for item in items] == [
        (entry.id, entry.url, entry.title) for entry in docs.snapshot.entries
    ]


def rule_40_each_item_has_content(docs: Documents) -> None:
    for item, entry in zip(docs.json["items"], docs.snapshot.entries, strict=True):
        assert item.get("content_html") == entry.content_html
        assert item.get("content_text") == (
            entry.content_text if entry.has_content else entry.summary or entry.title
        )
        assert item.get("content_html") or item.get("content_text")


def rule_41_dates_and_languages(docs: Documents) -> None:
    for item, entry in zip(docs.json["items"], docs.snapshot.entries, strict=True):
        assert datetime.fromisoformat(item["date_published"]) == entry.published
        assert datetime.fromisoformat(item["date_modified"]) == entry.updated
        assert _LANGUAGE.fullmatch(item["language"])


def rule_42_authors_not_author(docs: Documents) -> None:
    for holder in [docs.json, *docs.json["items"]]:
        assert "author" not in holder
        for author in holder.get("authors", []):
            assert author.keys() & {"name", "url", "avatar"}
    assert docs.json["authors"] == [{"name": docs.snapshot.feed.publisher}]


def rule_43_attachments_have_url_and_type(docs: Documents) -> None:
    for item, entry in zip(docs.json["items"], docs.snapshot.entries, strict=True):
        files = item.get("attachments", [])
        assert [(file["url"], file["mime_type"], file.get("title")) for file in files] == [
            (file.url, file.mime_type, file.title) for file in entry.attachments
        ]


def rule_44_the_next_page_is_another(docs: Documents) -> None:
    older = docs.snapshot.links.older
    assert docs.json.get("next_url") == (None if older is None else older.json)
    assert docs.json.get("next_url") != docs.json["feed_url"]


def rule_45_hubs_only_where_there_is_one(docs: Documents) -> None:
    hub = docs.snapshot.links.hub
    expected = None if hub is None else [{"type": "WebSub", "url": hub}]
    assert docs.json.get("hubs") == expected


def rule_46_extensions_begin_with_an_underscore(docs: Documents) -> None:
    known = {
        "version", "title", "home_page_url", "feed_url", "description", "next_url", "language",
        "authors", "hubs", "items", "id", "url", "external_url", "content_html", "content_text",
        "summary", "image", "banner_image", "date_published", "date_modified", "tags",
        "attachments",
    }  # fmt: skip
    for holder in [docs.json, *docs.json["items"]]:
        for name in holder.keys() - known:
            assert re.fullmatch(r"_[A-Za-z][^.]*", name)
    assert len(docs.json["_pabal"].get("deleted", [])) == len(docs.snapshot.deleted)


def rule_47_little_is_added_to_what_was_posted(docs: Documents) -> None:
    bodies = sum(
        len((entry.content_html or "") + (entry.content_text or ""))
        for entry in docs.snapshot.entries
    )
    assert len(docs.raw[Format.JSON].decode()) - bodies < 100_000


def rule_no_nulls(docs: Documents) -> None:
    assert None not in list(_values(docs.json))


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        # A publisher's own extensions say what they like.
        value = [
            child for name, child in value.items() if name == "_pabal" or not name.startswith("_")
        ]
    if isinstance(value, list):
        for child in value:
            yield from _values(child)
    else:
        yield value


RULES = [value for name, value in list(globals().items()) if name.startswith("rule_")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_json_feed(rule: Callable[[Documents], None], name: str) -> None:
    rule(documents(name))
