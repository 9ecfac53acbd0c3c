"""JSON Feed 1.0 and 1.1 (https://jsonfeed.org): its items are a post's own names."""

import json
from collections.abc import Mapping
from typing import Any

from services.ingest.sources import entry_text
from services.ingest.sources.document import MOST_ENTRIES, Document, Entry, Unreadable

_TEXTS = ("content_html", "content_text", "date_published", "date_modified")
_LINKS = ("external_url", "image", "banner_image")


def read_json_feed(body: bytes, address: str) -> Document:
    """Read a document; raises ``Unreadable`` where it is no JSON Feed."""
    feed = _parsed(body)
    items = feed.get("items")
    if not isinstance(items, list):
        raise Unreadable("it is JSON, but no JSON Feed: there are no items")
    language = entry_text.language_of(feed.get("language"))
    shared = _authors(feed)
    home = entry_text.absolute(feed.get("home_page_url"), address) or address
    entries = (_entry(item, shared, address, home) for item in items[:MOST_ENTRIES])
    return Document(
        entries=tuple(entry for entry in entries if entry is not None),
        language=language,
        hub=_hub(feed.get("hubs"), address),
        topic=entry_text.absolute(feed.get("feed_url"), address),
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8, as JSON must be") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is not well-formed JSON ({error})") from None
    if not isinstance(feed, dict):
        raise Unreadable("it is JSON, but no JSON Feed")
    return feed


def _entry(item: object, shared: list[dict[str, str]], address: str, home: str) -> Entry | None:
    if not isinstance(item, dict):
        return None
    guid = item.get("id")
    link = entry_text.absolute(item.get("url"), address)
    texts = {name: item[name] for name in _TEXTS if isinstance(item.get(name), str)}
    said = texts.get("content_text") or entry_text.plain(texts.get("content_html", ""))
    post = {
        "url": link or home,
        "title": entry_text.cut(_text(item.get("title")), entry_text.TITLE)
        or entry_text.title_from(said),
        "summary": entry_text.cut(_text(item.get("summary")), entry_text.SUMMARY),
        "language": entry_text.language_of(item.get("language")),
        **{name: entry_text.absolute(item.get(name), address) for name in _LINKS},
        **texts,
        "authors": _authors(item) or shared,
        "tags": _tags(item.get("tags")),
        "attachments": _attachments(item.get("attachments"), address),
    }
    kept = {name: value for name, value in post.items() if value not in (None, [])}
    return entry_text.entry(guid, link, kept)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _authors(holder: Mapping[str, Any]) -> list[dict[str, str]]:
    given = holder.get("authors")
    if not isinstance(given, list):
        given = [holder.get("author")]  # JSON Feed 1.0
    said = (_text(author.get("name")) for author in given if isinstance(author, dict))
    names = [entry_text.name_of(name) for name in said]
    return [{"name": name} for name in names if name][: entry_text.LIST]


def _tags(given: object) -> list[str]:
    if not isinstance(given, list):
        return []
    tags = [entry_text.cut(_text(tag), entry_text.TAG) for tag in given]
    return list(dict.fromkeys(tag for tag in tags if tag))[: entry_text.LIST]


def _attachments(given: object, address: str) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        return []
    return [
        _attachment(each, address)
        for each in given[: entry_text.LIST]
        if isinstance(each, dict) and _text(each.get("url")) and _text(each.get("mime_type"))
    ]


def _attachment(given: Mapping[str, Any], address: str) -> dict[str, Any]:
    numbers = {
        name: given[name]
        for name in ("size_in_bytes", "duration_in_seconds")
        if type(given.get(name)) in (int, float)
    }
    if isinstance(numbers.get("size_in_bytes"), float):
        numbers["size_in_bytes"] = int(numbers["size_in_bytes"])
    title = entry_text.cut(_text(given.get("title")), entry_text.TITLE)
    return {
        "url": entry_text.absolute(given["url"], address),
        "mime_type": given["mime_type"],
        **({"title": title} if title else {}),
        **numbers,
    }


def _hub(hubs: object, address: str) -> str | None:
    for hub in hubs if isinstance(hubs, list) else []:
        if isinstance(hub, dict) and str(hub.get("type")).lower() == "websub":
            return entry_text.absolute(hub.get("url"), address)
    return None
