"""What digests read of many posts at once: their names, without their bodies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Row, Text, cast, column, func, or_, select, true

from services.feeds.digest.stories import Named
from services.feeds.selections import VISIBLE, Conditions, among, any_of
from shared.db.ingest import revision

_LONGEST = 600
"""Characters of a summary; no list shows more."""

_MOST_RELATIVES = 1000

# Read by the database: a document may hold two mebibytes that no list shows.
_SAID = (
    func.json_to_record(cast(revision.c.document, JSON))
    .table_valued(column("url", Text), column("title", Text), column("summary", Text))
    .render_derived(name="said", with_types=True)
)
_COLUMNS = (
    revision.c.post_id, revision.c.section, revision.c.language, revision.c.translation_of,
    revision.c.date_published, revision.c.shown_from, _SAID.c.url, _SAID.c.title,
    func.left(_SAID.c.summary, _LONGEST).label("summary"),
)  # fmt: skip
_NEWEST = (revision.c.date_published.desc(), revision.c.post_id.desc())


def named(connection: Connection, conditions: Conditions, limit: int) -> list[Named]:
    """Return the visible posts that meet conditions, the newest first."""
    # Cut before the documents are read.
    cut = (
        select(revision.c.post_id, revision.c.number)
        .where(VISIBLE, *conditions)
        .order_by(*_NEWEST)
        .limit(limit)
        .subquery()
    )
    found = (cut.c.post_id == revision.c.post_id) & (cut.c.number == revision.c.number)
    query = select(*_COLUMNS).select_from(revision).join(cut, found).join(_SAID, true())
    return [_named(row) for row in connection.execute(query.order_by(*_NEWEST))]


def those(connection: Connection, ids: Sequence[str], conditions: Conditions) -> list[Named]:
    """Return those of the named posts that are visible and meet conditions, the newest first."""
    return named(connection, (*conditions, among(ids)), len(ids)) if ids else []


def restricted(connection: Connection, partner: str, posts: Sequence[Named]) -> list[Named]:
    """Return what a partner may see of the translations of posts, and not everybody may."""
    names = list({name for post in posts for name in (post.id, post.translation_of) if name})
    family = or_(any_of(revision.c.post_id, names), any_of(revision.c.translation_of, names))
    conditions = (revision.c.audience.contains([partner]), family)
    return named(connection, conditions, _MOST_RELATIVES) if names else []


def _named(row: Row[*tuple[Any, ...]]) -> Named:
    return Named(
        id=row.post_id,
        url=row.url,
        title=row.title,
        section=row.section,
        language=row.language,
        translation_of=row.translation_of,
        published=row.date_published,
        changed=row.shown_from,
        summary=row.summary or "",
    )
