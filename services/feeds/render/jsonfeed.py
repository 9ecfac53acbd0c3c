"""JSON Feed 1.1."""

from collections.abc import Callable, Mapping
from typing import Any

from services.feeds.render import titles
from services.feeds.render.snapshot import Entry, Snapshot
from shared.clock import rfc3339
from shared.jsontext import dumps

VERSION = "https://jsonfeed.org/version/1.1"


def write_entry(entry: Entry) -> bytes:
    """Return an item as it stands in every JSON document."""
    return dumps(_item(entry)).encode()


def render(snapshot: Snapshot, write: Callable[[Entry], bytes] = write_entry) -> bytes:
    """Return the document; ``write`` may recall what :func:`write_entry` returned before."""
    head = dumps(_head(snapshot)).encode().removesuffix(b"}")
    # One join: a second one would copy every entry again.
    items = [piece for entry in snapshot.entries for piece in (b",\n", write(entry))][1:]
    return b"".join([head, b',"items":[', *items, b"]}\n"])


def _head(snapshot: Snapshot) -> dict[str, Any]:
    feed, links = snapshot.feed, snapshot.links
    deleted = [{"id": gone.post_id, "date": rfc3339(gone.when)} for gone in snapshot.deleted]
    return _present(
        {
            "version": VERSION,
            "title": titles.title(feed),
            "description": titles.description(feed),
            "home_page_url": links.home,
            "feed_url": links.own.json,
            "next_url": None if links.older is None else links.older.json,
            "language": feed.language,
            "authors": [{"name": feed.publisher}],
            "hubs": [] if links.hub is None else [{"type": "WebSub", "url": links.hub}],
            "_pabal": _present(
                {"section": feed.section, "updated": rfc3339(snapshot.updated), "deleted": deleted}
            ),
        }
    )


def _item(entry: Entry) -> dict[str, Any]:
    standard = {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.external_url,
        "title": entry.title,
        "content_html": entry.content_html,
        # One of the two must be there.
        "content_text": entry.content_text if entry.has_content else entry.gist,
        "summary": entry.summary,
        "image": entry.image,
        "banner_image": entry.banner_image,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "authors": [author.model_dump(exclude_none=True) for author in entry.authors],
        "tags": list(entry.tags),
        "language": entry.language,
        "attachments": [
            attachment.model_dump(exclude_none=True) for attachment in entry.attachments
        ],
    }
    return {**_present(standard), **entry.extensions, "_pabal": _syndication(entry)}


def _syndication(entry: Entry) -> dict[str, Any]:
    return _present(
        {
            "section": entry.section,
            "revision": entry.revision,
            "translation_of": entry.translation_of,
            "translations": [
                {"id": other.post_id, "language": other.language, "url": other.url}
                for other in entry.translations
            ],
            "license": entry.license,
            "rights": entry.rights,
        }
    )


def _present(pairs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pairs.items() if value is not None and value != []}
