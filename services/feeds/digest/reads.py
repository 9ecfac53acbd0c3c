"""What digests read of many posts at once: their names, without their bodies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    cast,
    column,
    func,
    select,
    true,
)

from services.feeds.digest.stories import Named
from services.feeds.facets import facets_from
from services.feeds.family import related_to
from services.feeds.selections import VISIBLE, Conditions, among
from shared.db.ingest import revision
from shared.interest import Facets

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
    return [_named(row) for row in connection.execute(_newest(conditions, limit))]


def with_facets(connection: Connection, ids: Sequence[str]) -> list[tuple[Named, Facets]]:
    """Return those of the named posts that are visible, the newest first, with their facets."""
    query = _newest((among(ids),), len(ids)).add_columns(revision.c.tags, revision.c.audience)
    return [(_named(row), _facets(row)) for row in connection.execute(query)]


def _newest(conditions: Conditions, limit: int) -> Select[Any]:
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
    return query.order_by(*_NEWEST)


def those(connection: Connection, ids: Sequence[str], conditions: Conditions) -> list[Named]:
    """Return those of the named posts that are visible and meet conditions, the newest first."""
    return named(connection, (*conditions, among(ids)), len(ids)) if ids else []


def restricted(connection: Connection, partner: str, posts: Sequence[Named]) -> list[Named]:
    """Return what a partner may see of the translations of posts, and not everybody may."""
    conditions = (revision.c.audience.contains([partner]), _family(posts))
    return named(connection, conditions, _MOST_RELATIVES) if posts else []


def any_restricted(connection: Connection, posts: Sequence[Named]) -> bool:
    """Tell whether any of these posts, or of their translations, is not for everybody."""
    found = select(revision.c.post_id).where(
        VISIBLE, revision.c.audience.is_not(None), _family(posts)
    )
    return bool(connection.scalar(select(found.exists())))


def _family(posts: Sequence[Named]) -> ColumnElement[bool]:
    return related_to((post.id, post.translation_of) for post in posts)


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


def _facets(row: Row[*tuple[Any, ...]]) -> Facets:
    return facets_from(
        {
            "section": row.section, "language": row.language,
            "tags": row.tags, "audience": row.audience,
        }
    )  # fmt: skip
