"""JSON documents are valid by the JSON Schema of JSON Feed 1.1."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conformance.feed_documents import NAMES, documents
from tests.conformance.jsonfeed_schema import SCHEMA

VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_is_valid(name: str) -> None:
    assert _faults(documents(name).json) == []


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda feed: feed.pop("title"), "$"),
        (lambda feed: feed.update(author={"name": "x"}), "$"),
        (lambda feed: feed.update({"_a.b": 1}), "$"),
        (lambda feed: feed.update(feed_url="/relative"), "$.feed_url"),
        (lambda feed: feed["items"][0].update(id=1), "$.items[0].id"),
        (lambda feed: feed["items"][0].update(date_published="2026-03-01"),
         "$.items[0].date_published"),
        (lambda feed: [feed["items"][0].pop(n, None) for n in ("content_html", "content_text")],
         "$.items[0]"),
        (lambda feed: feed["items"][0]["attachments"][0].pop("mime_type"),
         "$.items[0].attachments[0]"),
        (lambda feed: feed["hubs"].append({"type": "WebSub"}), "$.hubs[1]"),
    ],
)  # fmt: skip
def test_the_schema_finds_faults(spoil: Callable[[dict[str, Any]], object], place: str) -> None:
    feed = copy.deepcopy(documents("full").json)

    spoil(feed)

    assert _faults(feed) == [place]


def _faults(feed: Any) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(feed)]
