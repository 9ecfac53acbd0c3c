"""Entries: what is kept of them is bounded by all that they hold."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from services.feeds import entries

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
BARE = {
    "id": "city:news:1",
    "url": "https://city.example/news/1",
    "title": "Parks",
    "section": "news",
    "language": "en",
}


def row(**fields: Any) -> Any:
    document = json.dumps({**BARE, **fields})
    return SimpleNamespace(document=document, number=1, date_published=NOW, updated=NOW)


def test_a_state_is_read_once() -> None:
    assert entries.of_row(row(), ()) is entries.of_row(row(), ())


@pytest.mark.parametrize("name", ["content_html", "_map", "summary"])
def test_what_is_too_large_is_not_kept_whatever_makes_it_large(name: str) -> None:
    large = row(**{name: "x" * (entries.MOST_BYTES // 4)})
    assert entries.of_row(large, ()) is not entries.of_row(large, ())
