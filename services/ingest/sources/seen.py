"""What was seen of a source's entries, in PostgreSQL: which post each is, and how it was."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ingest.sources.document import Entry
from services.ingest.sources.matching import Known, link_key
from shared.db.ingest import post, source_entry


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of the entries of a document, and their digests by post."""

    known: tuple[Known, ...]
    digests: Mapping[str, str]


# The columns are of any length, and an index is not: it holds their hashes.
_BY_GUID = text(
    "md5(guid) IN (SELECT md5(g) FROM unnest(cast(:guids AS text[])) g)"
    " AND guid = ANY(cast(:guids AS text[]))"
)
_BY_LINK = text(
    "md5(link_key) IN (SELECT md5(l) FROM unnest(cast(:links AS text[])) l)"
    " AND link_key = ANY(cast(:links AS text[]))"
)


def recall(connection: Connection, source_id: str, entries: Sequence[Entry]) -> Memory:
    """Return what is known by the guids and links of these entries."""
    guids = [entry.guid for entry in entries if entry.guid is not None]
    links = [key for key in (link_key(entry.link) for entry in entries) if key is not None]
    query = select(source_entry).where(
        source_entry.c.source_id == source_id,
        or_(_BY_GUID.bindparams(guids=guids), _BY_LINK.bindparams(links=links)),
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
