"""What was seen of a source's entries, in PostgreSQL: which post each is, and how it was."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ingest.sources.document import Entry
from services.ingest.sources.matching import Known, link_key
from shared.db.ingest import post, source_entry


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of the entries of a document, and their digests by post."""

    known: tuple[Known, ...]
    digests: Mapping[str, str]


def recall(connection: Connection, source_id: str, entries: Sequence[Entry]) -> Memory:
    """Return what is known by the guids and links of these entries."""
    guids = _hashes(entry.guid for entry in entries)
    links = _hashes(link_key(entry.link) for entry in entries)
    query = select(source_entry).where(
        source_entry.c.source_id == source_id,
        or_(
            func.md5(source_entry.c.guid) == any_(literal(guids, ARRAY(Text))),
            func.md5(source_entry.c.link_key) == any_(literal(links, ARRAY(Text))),
        ),
    )
    rows = connection.execute(query).all()
    known = (Known(row.post_id, row.guid, row.link, row.title, row.published) for row in rows)
    return Memory(tuple(known), {row.post_id: row.digest for row in rows})


def states(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the state of each of these posts that the hub holds."""
    query = select(post.c.id, post.c.state).where(post.c.id.in_(ids))
    return {row.id: row.state for row in connection.execute(query)}


def remember(
    connection: Connection, source_id: str, entries: Sequence[tuple[str, Entry, str]]
) -> None:
    """Keep (post id, entry, digest) for the next time."""
    if not entries:
        return
    rows = [_row(source_id, post_id, entry, digest) for post_id, entry, digest in entries]
    made = upsert(source_entry)
    columns = ("guid", "link", "link_key", "title", "published", "digest")
    connection.execute(
        made.on_conflict_do_update(
            index_elements=[source_entry.c.post_id],
            set_={name: made.excluded[name] for name in columns},
            where=source_entry.c.source_id == source_id,
        ),
        rows,
    )


def _hashes(names: Iterable[str | None]) -> list[str]:
    """Return what the index holds: names are of any length, and an index is not.

    Two names of one hash would only be looked at together; ``match`` compares the names.
    """
    return [
        hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        for name in names
        if name is not None
    ]


def _row(source_id: str, post_id: str, entry: Entry, digest: str) -> dict[str, Any]:
    return {
        "post_id": post_id,
        "source_id": source_id,
        "guid": entry.guid,
        "link": entry.link,
        "link_key": link_key(entry.link),
        "title": entry.post.get("title"),
        "published": entry.post.get("date_published"),
        "digest": digest,
    }
