"""Which post a new entry becomes, and whether an entry changed. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.ingest.sources import entry_text
from services.ingest.sources.document import Document, Entry
from shared import jsontext
from shared.clock import rfc3339

UNDETERMINED = "und"
"""The language of an entry that nobody names (BCP 47)."""

_LONGEST_ID = 512


def post_id(source: str, entry: Entry) -> str:
    """Return the id of a new post: the entry's own where it means the same everywhere."""
    own = entry.guid or entry.link or ""
    if entry_text.is_address(own) and len(own) <= _LONGEST_ID and not own.startswith("words:"):
        return own
    return f"{source}:{hashlib.sha256(own.encode(errors='replace')).hexdigest()[:32]}"


def without_repeats(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries, the first of each guid, or of each link where there is none."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.guid or f"link {entry.link}", entry)
    return list(first.values())


def as_post(
    entry: Entry, document: Document, section: str | None, language: str | None, now: datetime
) -> dict[str, Any]:
    """Return a post's fields but for its id.

    What the source says of an entry alone beats what the publisher says of the source, and that
    beats what the source says of itself. An entry is public already, so a date in the future is a
    mistake: it is left out rather than holding the entry back.
    """
    post = dict(entry.post)
    own = post.get("language")
    if own is None or own == document.language:
        post["language"] = language or document.language or UNDETERMINED
    latest = rfc3339(now)
    for name in ("date_published", "date_modified"):
        if str(post.get(name, "")) > latest:
            del post[name]
    return {**post, "section": section}


def digest(entry: Entry, section: str, language: str | None) -> str:
    """Return what tells an entry that changed from one that did not."""
    said = jsontext.dumps([dict(entry.post), section, language])
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()
