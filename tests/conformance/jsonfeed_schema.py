"""JSON Schema of JSON Feed 1.1, from its text (https://www.jsonfeed.org/version/1.1/).

Stricter than the text where it says "strongly recommended" or "should", since the hub is to do what
is recommended: ids are text, and what 1.1 replaced is not used.
"""

from typing import Any

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_URL: dict[str, Any] = {"type": "string", "pattern": r"^https?://[!-~]+$"}
_DATE: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}
_LANGUAGE: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"}
_SIZE: dict[str, Any] = {"type": "number", "minimum": 0}

_AUTHOR: dict[str, Any] = {
    "type": "object",
    "properties": {"name": _TEXT, "url": _URL, "avatar": _URL},
    "minProperties": 1,
}
_ATTACHMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "url": _URL,
        "mime_type": {"type": "string", "pattern": "^[!-~]+/[ -~]+$"},
        "title": _TEXT,
        "size_in_bytes": _SIZE,
        "duration_in_seconds": _SIZE,
    },
    "required": ["url", "mime_type"],
}
_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "url": _URL,
        "external_url": _URL,
        "title": _TEXT,
        "content_html": _TEXT,
        "content_text": _TEXT,
        "summary": _TEXT,
        "image": _URL,
        "banner_image": _URL,
        "date_published": _DATE,
        "date_modified": _DATE,
        "authors": {"type": "array", "items": {"$ref": "#/$defs/author"}, "minItems": 1},
        "tags": {"type": "array", "items": _TEXT},
        "language": _LANGUAGE,
        "attachments": {"type": "array", "items": {"$ref": "#/$defs/attachment"}},
    },
    "required": ["id"],
    "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
}
_FEED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": _TEXT,
        "home_page_url": _URL,
        "feed_url": _URL,
        "description": _TEXT,
        "user_comment": _TEXT,
        "next_url": _URL,
        "icon": _URL,
        "favicon": _URL,
        "authors": {"type": "array", "items": {"$ref": "#/$defs/author"}, "minItems": 1},
        "language": _LANGUAGE,
        "expired": {"type": "boolean"},
        "hubs": {"type": "array", "items": {"$ref": "#/$defs/hub"}, "minItems": 1},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "required": ["version", "title", "home_page_url", "feed_url", "items"],
}
_HUB: dict[str, Any] = {
    "type": "object",
    "properties": {"type": _TEXT, "url": _URL},
    "required": ["type", "url"],
}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow extensions besides: names that begin with an underscore and have no dot."""
    extension = {"^_[A-Za-z0-9][^.]*$": True}
    return {**schema, "patternProperties": extension, "additionalProperties": False}


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "JSON Feed 1.1",
    **_closed(_FEED),
    "$defs": {
        "item": _closed(_ITEM),
        "author": _closed(_AUTHOR),
        "attachment": _closed(_ATTACHMENT),
        "hub": _closed(_HUB),
    },
}
