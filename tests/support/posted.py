"""Posts as feeds show them, by the way that they take: the door, the store's document, an entry."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.feeds.render.snapshot import Entry, Feed, Links, Snapshot, Translation, Urls
from services.feeds.render.snapshot import entry_from as entry_of_post
from services.feeds.stored import post_from
from services.ingest.accept import accept, read_post
from services.ingest.publish import Held, decide
from shared import jsontext
from shared.settings import Settings

SETTINGS = Settings(timezone=ZoneInfo("Asia/Seoul"), allowed_networks=())
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HUB = "https://hub.example/"


def stored(value: dict[str, Any]) -> dict[str, Any]:
    """Return the document that is stored of a new post."""
    post = accept(read_post(jsontext.dumps(value).encode()), SETTINGS)
    document: dict[str, Any] = json.loads(decide(Held(post.id), post, NOW).held.document)
    return document


def entry_from(document: dict[str, Any], translations: Iterable[Translation] = ()) -> Entry:
    """Return the entry of a stored document's first revision."""
    published = datetime.fromisoformat(document["date_published"])
    return entry_of_post(
        post_from(json.dumps(document)),
        revision=1,
        published=published,
        updated=published,
        translations=tuple(translations),
    )


def snapshot(documents: Iterable[dict[str, Any]], **more: Any) -> Snapshot:
    """Return the feed of stored documents, the newest first, linked as translations."""
    held = {document["id"]: document for document in documents}
    entries = [entry_from(document, _translations(document, held)) for document in held.values()]
    entries.sort(key=lambda entry: (entry.published, entry.id), reverse=True)
    own = Urls(*(f"{HUB}feeds/all.{extension}" for extension in ("rss", "atom", "json")))
    return Snapshot(
        feed=Feed(HUB, "City & Co"),
        links=Links(home=HUB, own=own, hub=f"{HUB}websub"),
        updated=max((entry.updated for entry in entries), default=NOW),
        entries=tuple(entries),
        **more,
    )


def _translations(
    document: dict[str, Any], held: dict[str, dict[str, Any]]
) -> Iterable[Translation]:
    for other in held.values():
        if document["id"] == other.get("translation_of") or other["id"] == document.get(
            "translation_of"
        ):
            yield Translation(other["id"], other["language"], other["url"])
