"""What the OpenAPI document shows of ingest: bodies, examples, answers."""

from typing import Any

from services.ingest import schemas
from shared.schema.post import Post
from shared.web import openapi

SAMPLE: dict[str, Any] = {
    "id": "city:news:night-bus",
    "url": "https://city.example/news/night-bus",
    "title": "Night buses run until four",
    "section": "news",
    "language": "en",
    "content_html": "<p>From March, eight more lines run through the night.</p>",
    "date_published": "2026-03-01T09:00:00+09:00",
    "tags": ["transport"],
    "attachments": [
        {
            "url": "https://city.example/files/night-bus.pdf",
            "mime_type": "application/pdf",
            "title": "Map of the night lines",
            "size_in_bytes": 482133,
        }
    ],
}
_READ = {
    **SAMPLE,
    "content_text": "From March, eight more lines run through the night.",
    "date_published": "2026-03-01T00:00:00Z",
    "audience": "public",
    "_pabal": {"revision": 1, "state": "published", "sequence": 1},
}
_STATE = {**_READ["_pabal"], "sequence": None, "changed": True}


def _json(example: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"example": example}}


_TEXT_ONLY = {
    "id": "city:news:water",
    "url": "https://city.example/news/water",
    "title": "Water is off on Tuesday",
    "section": "news",
    "language": "en",
    "content_text": "From 9 to 12.\n\nFill a kettle before.",
}
_EMBARGOED = {
    "id": "도시:보도:야간버스",
    "url": "https://city.example/ko/야간버스",
    "title": "심야버스, 새벽 네 시까지",
    "section": "news",
    "language": "ko",
    "content_html": "<p>3월부터 여덟 노선이 더 다닙니다.</p>",
    "translation_of": "city:news:night-bus",
    "embargo_until": "2026-03-01T09:00:00+09:00",
    "audience": ["harbour"],
}
_EXAMPLES = {
    "html": {"summary": "HTML and a file", "value": SAMPLE},
    "text": {"summary": "Text alone: the hub makes HTML of it", "value": _TEXT_ONLY},
    "embargo": {"summary": "A translation for one partner, under embargo", "value": _EMBARGOED},
}
POST: dict[str, Any] = {
    "externalDocs": {"description": "JSON Schema of a post", "url": schemas.PATH},
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": openapi.schema(Post), "examples": _EXAMPLES}},
    },
}
POST_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Revised, or unchanged", "content": _json({**_READ, "_pabal": _STATE})},
    201: {"description": "New", "content": _json({**_READ, "_pabal": _STATE})},
    409: openapi.problem("A newer revision is held, or the same Idempotency-Key is in flight"),
}
ONE_POST: dict[int | str, dict[str, Any]] = {
    200: {"description": "The post", "content": _json(_READ)},
}
BATCH: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/json": {
                "schema": {"type": "array", "items": openapi.schema(Post)},
                "example": [SAMPLE],
            },
            "application/feed+json": {"schema": {"type": "object"}},
        },
    }
}
