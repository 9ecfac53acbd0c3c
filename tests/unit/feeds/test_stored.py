"""Stored posts: read back as they were accepted."""

import json

import pytest

from services.feeds.stored import post_from, url_in
from shared.schema.post import Post

FULL = {
    "id": "city:news:1",
    "url": "https://city.example/news/1",
    "external_url": "https://else.example/",
    "title": "한강 공원",
    "section": "news",
    "language": "ko",
    "summary": "Short",
    "content_html": "<p>Long</p>",
    "content_text": "Long",
    "image": "https://city.example/1.jpg",
    "banner_image": "https://city.example/2.jpg",
    "authors": [{"name": "Kim"}, {"url": "https://city.example/lee"}],
    "tags": ["parks", "한강"],
    "attachments": [
        {
            "url": "https://city.example/1.pdf",
            "mime_type": "application/pdf",
            "title": "Plan",
            "size_in_bytes": 3,
            "duration_in_seconds": 1.5,
        }
    ],
    "translation_of": "city:news:0",
    "license": "https://licence.example/by",
    "rights": "City",
    "_map": {"zoom": 3},
}
BARE = {key: FULL[key] for key in ("id", "url", "title", "section", "language")}


@pytest.mark.parametrize("value", [FULL, BARE])
def test_a_post_reads_back_as_it_was_accepted(value: dict[str, object]) -> None:
    accepted = Post.model_validate(value)
    assert post_from(json.dumps(accepted.document())) == accepted


def test_what_was_admitted_then_is_not_refused_now() -> None:
    document = json.dumps({**BARE, "url": "http://127.0.0.1:8000/1"})
    assert post_from(document).url == url_in(document) == "http://127.0.0.1:8000/1"
