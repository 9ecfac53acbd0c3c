"""What feeds read of the posts: the visible revisions of a feed, and when it last changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    and_,
    func,
    select,
)

from services.feeds import family
from services.feeds.definition import ALL, Definition
from services.feeds.render.snapshot import Entry, Tombstone, Translation, entry_from
from services.feeds.selections import (
    EMPTY,
    PUBLIC,
    SHOWN,
    VISIBLE,
    Conditions,
    Selection,
    among,
    may_see,
)
from services.feeds.stored import post_from
from shared.db.ingest import head, post, revision

NEWEST = 50
"""Entries in a current document."""

LATEST = 2000
"""The latest revisions, among which a document's are looked for first."""

TOMBSTONES = 50
_NO_TIME = timedelta(0)


_ENTRY: tuple[Column[Any], ...] = (
    revision.c.post_id, revision.c.number, revision.c.document, revision.c.translation_of,
    revision.c.date_published, revision.c.updated,
)  # fmt: skip
_NEWEST: tuple[Column[Any], ...] = (revision.c.date_published, revision.c.post_id)


def numbered(connection: Connection) -> int:
    """Return the last sequence given: how new a snapshot taken now is at the least."""
    return connection.scalar(select(head.c.sequence)) or 0


def is_known(connection: Connection, definition: Definition) -> bool:
    """Tell whether the feed's section, language and tag have ever been shown to everybody."""
    facets = [
        revision.c.section == definition.section if definition.section != ALL else None,
        revision.c.ranges.contains([definition.language]) if definition.language else None,
        revision.c.tags.contains([definition.tag]) if definition.tag else None,
    ]
    return all(was_shown(connection, PUBLIC, facet) for facet in facets if facet is not None)


def was_shown(connection: Connection, *conditions: ColumnElement[bool]) -> bool:
    """Tell whether any post has ever been shown in a state that meets the conditions."""
    # Planned as if all were wanted: asked for one, the planner hopes to meet it soon, and reads
    # the whole table where there is none.
    shown = select(revision.c.post_id).where(SHOWN, *conditions).cte().prefix_with("MATERIALIZED")
    return connection.scalar(select(shown.c.post_id).limit(1)) is not None


def has_section(connection: Connection, partner: str, section: str) -> bool:
    """Tell whether a section has ever been shown to a partner."""
    return was_shown(connection, may_see(partner), revision.c.section == section)


def newest(connection: Connection, selection: Selection) -> tuple[list[Entry], bool]:
    """Return the posts of a document, the newest first, and whether there are more."""
    rows = first(connection, VISIBLE, selection, order=_NEWEST, columns=_ENTRY, limit=NEWEST + 1)
    return _entries(connection, rows[:NEWEST]), len(rows) > NEWEST


def entries(
    connection: Connection,
    conditions: Conditions,
    limit: int | None,
    of: FromClause = revision,
) -> list[Entry]:
    """Return the visible posts that meet conditions, the newest first, with their translations."""
    query = select(*_ENTRY).select_from(of).where(VISIBLE, *conditions).limit(limit)
    rows = connection.execute(query.order_by(*(column.desc() for column in _NEWEST))).all()
    return _entries(connection, rows)


def count(connection: Connection, conditions: Conditions) -> int:
    """Return how many visible posts meet conditions."""
    query = select(func.count()).select_from(revision).where(VISIBLE, *conditions)
    return connection.scalar(query) or 0


def tombstones(connection: Connection, selection: Selection) -> tuple[Tombstone, ...]:
    """Return the newest withdrawals of posts whose last state was in the selection."""
    last = (revision.c.post_id == post.c.id) & (revision.c.number == post.c.revision)
    query = (
        select(post.c.id, post.c.withdrawn_at)
        .join(revision, last)
        .where(post.c.state == "withdrawn", SHOWN, *selection.all)
        .order_by(post.c.withdrawn_at.desc(), post.c.id.desc())
        .limit(TOMBSTONES)
    )
    return tuple(Tombstone(row.id, row.withdrawn_at) for row in connection.execute(query))


def last_changed(connection: Connection, selection: Selection) -> datetime:
    """Return when a post last came into the selection, changed in it, or left it."""
    moments = [
        row[0]
        for moment in (revision.c.shown_from, revision.c.shown_until)
        for row in first(
            connection,
            SHOWN & moment.is_not(None),
            selection,
            order=(moment,),
            columns=(moment,),
            limit=1,
        )
    ]
    return max(moments, default=EMPTY)


def first(
    connection: Connection,
    shown: ColumnElement[bool],
    selection: Selection,
    *,
    order: Sequence[Column[Any]],
    columns: Sequence[ColumnElement[Any]],
    limit: int,
    nothing: Any = _NO_TIME,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what is shown of a selection and first in descending order.

    ``nothing`` is what can be added to the order's first column without changing it.

    The order's index leads to them past all others, which is quick where many of the latest are
    in the selection. Where they are not, the selection's own index is.
    """
    by = [column.desc() for column in order]
    inside = select(*columns).where(shown, *selection.common)
    if not selection.rare:
        return connection.execute(inside.order_by(*by).limit(limit)).all()
    met = and_(*selection.rare).label("met")
    latest = inside.add_columns(met).order_by(*by).limit(LATEST).subquery()
    query = select(latest).where(latest.c.met)
    ordered = query.order_by(*(latest.c[column.name].desc() for column in order))
    rows = connection.execute(ordered.limit(limit)).all()
    if len(rows) == limit:
        return rows
    # No index has this order, so the planner cannot hope to meet them soon in the first one.
    by[0] = (order[0] + nothing).desc()
    return connection.execute(inside.where(*selection.rare).order_by(*by).limit(limit)).all()


def visible(connection: Connection, ids: Sequence[str], conditions: Conditions) -> list[Entry]:
    """Return those of the named posts that are visible and meet conditions, the newest first."""
    return entries(connection, (*conditions, among(ids)), limit=len(ids)) if ids else []


def last_seen(
    connection: Connection, ids: Sequence[str], conditions: Conditions
) -> dict[str, datetime]:
    """Return when the named posts last met conditions; only those that no longer do."""
    if not ids:
        return {}
    query = (
        select(revision.c.post_id, func.max(revision.c.shown_until).label("at"))
        .where(SHOWN, among(ids), *conditions)
        .group_by(revision.c.post_id)
        .having(func.bool_and(revision.c.shown_until.is_not(None)))
    )
    return {row.post_id: row.at for row in connection.execute(query)}


def _entries(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Entry]:
    pairs = family.translations(connection, rows)
    return [_entry(row, pairs.get(row.post_id, ())) for row in rows]


def _entry(row: Row[*tuple[Any, ...]], translations: Sequence[Translation]) -> Entry:
    return entry_from(
        post_from(row.document),
        revision=row.number,
        published=row.date_published,
        updated=row.updated,
        translations=tuple(translations),
    )
