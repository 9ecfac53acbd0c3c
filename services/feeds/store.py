"""What feeds read of the posts: the visible revisions of a feed, and when it last changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    func,
    select,
)

from services.feeds import family, ordered
from services.feeds.definition import ALL, Definition
from services.feeds.entries import of_row as entry_of_row
from services.feeds.family import Rows
from services.feeds.ordered import Ordered
from services.feeds.render.snapshot import Entry, Tombstone
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
from shared.db.ingest import head, post, revision

NEWEST = 50
"""Entries in a current document."""

TOMBSTONES = 50


_ENTRY: tuple[Column[Any], ...] = (
    revision.c.post_id, revision.c.number, revision.c.document, revision.c.translation_of,
    revision.c.date_published, revision.c.updated,
)  # fmt: skip
_NEWEST: tuple[Column[Any], ...] = (revision.c.date_published, revision.c.post_id)


@dataclass(frozen=True, slots=True)
class Found:
    """Posts, the newest first, with their translations.

    ``changed`` tells when a translation of any of them last came or left; ``more``, whether there
    are more of them.
    """

    entries: list[Entry]
    changed: datetime
    more: bool = False


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


def newest(connection: Connection, selection: Selection) -> Found:
    """Return the posts of a document."""
    rows = ordered.first(connection, Ordered(VISIBLE, selection, _NEWEST, _ENTRY, NEWEST + 1))
    return _found(connection, rows[:NEWEST], more=len(rows) > NEWEST)


def found(
    connection: Connection,
    conditions: Conditions,
    limit: int | None,
    of: FromClause = revision,
) -> Found:
    """Return the visible posts that meet conditions."""
    query = select(*_ENTRY).select_from(of).where(VISIBLE, *conditions).limit(limit)
    rows = connection.execute(query.order_by(*(column.desc() for column in _NEWEST))).all()
    return _found(connection, rows)


def entries(connection: Connection, conditions: Conditions, limit: int | None) -> list[Entry]:
    """Return the visible posts that meet conditions, the newest first, with their translations."""
    return found(connection, conditions, limit).entries


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
    moments = (revision.c.shown_from, revision.c.shown_until)
    ends = {
        moment: Ordered(SHOWN & moment.is_not(None), selection, (moment,), (moment,), 1)
        for moment in moments
    }
    # Both at once: each document asks for this.
    near = connection.execute(select(*(end.near().scalar_subquery() for end in ends.values())))
    found = dict(zip(moments, near.one(), strict=True))
    for moment, end in ends.items():
        if found[moment] is None and selection.rare:
            found[moment] = connection.scalar(end.anywhere())
    return max((moment for moment in found.values() if moment is not None), default=EMPTY)


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


def _found(connection: Connection, rows: Rows, *, more: bool = False) -> Found:
    families = family.of_rows(connection, rows)
    shown = [entry_of_row(row, families.links.get(row.post_id, ())) for row in rows]
    return Found(shown, families.changed, more)
