"""Posts that are translations of each other: their links, and when those changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, union

from services.feeds.render.snapshot import Entry, Translation
from services.feeds.selections import EMPTY, PUBLIC, SHOWN, VISIBLE, among, any_of
from services.feeds.stored import url_in
from shared.db.ingest import revision
from shared.interest import Facets


def translations(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]
) -> dict[str, tuple[Translation, ...]]:
    """Return the visible public translations of posts, whoever names whom and came first.

    Two posts are translations of each other if one names the other, or both name the same.
    """
    if not rows:
        return {}
    names = _named({row.post_id: row.translation_of for row in rows})
    found = connection.execute(_relatives(names)).all()
    by_root: dict[str, list[Translation]] = {}
    by_id: dict[str, list[Translation]] = {}
    for row in found:
        other = Translation(row.post_id, row.language, url_in(row.document))
        by_root.setdefault(row.translation_of or row.post_id, []).append(other)
        by_id[row.post_id] = [other]
    pairs = {}
    for row in rows:
        root = row.translation_of or row.post_id
        related = by_root.get(root, []) + by_root.get(row.post_id, []) + by_id.get(root, [])
        others = {other for other in related if other.post_id != row.post_id}
        pairs[row.post_id] = tuple(sorted(others, key=lambda one: (one.language, one.post_id)))
    return pairs


def changed(connection: Connection, shown: Sequence[Entry]) -> datetime:
    """Return when a translation of a shown post last came into view or left it.

    A revision that takes over from another of the same language and family at the same instant
    is neither.
    """
    names = _named({entry.id: entry.translation_of for entry in shown})
    if not names:
        return EMPTY
    neighbour = revision.alias()
    same = (
        (neighbour.c.post_id == revision.c.post_id)
        & (neighbour.c.language == revision.c.language)
        & neighbour.c.translation_of.is_not_distinct_from(revision.c.translation_of)
        & neighbour.c.audience.is_(None)
        & neighbour.c.shown_from.is_not(None)
    )
    before = select(neighbour.c.post_id).where(
        same, neighbour.c.shown_until == revision.c.shown_from,
        neighbour.c.number < revision.c.number,
    )  # fmt: skip
    after = select(neighbour.c.post_id).where(
        same, neighbour.c.shown_from == revision.c.shown_until,
        neighbour.c.number > revision.c.number,
    )  # fmt: skip
    moments = [
        connection.scalar(
            select(func.max(column)).where(SHOWN, PUBLIC, _of_family(names), ~taken_over.exists())
        )
        for column, taken_over in (
            (revision.c.shown_from, before),
            (revision.c.shown_until, after),
        )
    ]
    return max((moment for moment in moments if moment is not None), default=EMPTY)


def facets_of(connection: Connection, ids: Sequence[str]) -> list[Facets]:
    """Return the facets of the visible posts that are translations of the named ones."""
    root = func.coalesce(revision.c.translation_of, revision.c.post_id)
    roots = connection.scalars(select(root).where(among(ids)).distinct()).all()
    names = list({*ids, *roots})
    columns = (revision.c.section, revision.c.language, revision.c.tags, revision.c.audience)
    # One by each index: for many at once, "or" would be a scan of all that is visible.
    parts = (
        select(*columns).where(VISIBLE, any_of(member, names))
        for member in (revision.c.post_id, revision.c.translation_of)
    )
    rows = connection.execute(union(*parts))
    return [Facets(row.section, row.language, tuple(row.tags), row.audience) for row in rows]


def _named(pairs: Mapping[str, str | None]) -> list[str]:
    """Return the ids of posts and of those that they translate."""
    return list({*pairs, *(root for root in pairs.values() if root is not None)})


def _of_family(names: Sequence[str]) -> ColumnElement[bool]:
    return or_(revision.c.post_id.in_(names), revision.c.translation_of.in_(names))


def _relatives(names: list[str]) -> Select[Any]:
    return select(
        revision.c.post_id, revision.c.language, revision.c.document, revision.c.translation_of
    ).where(VISIBLE, PUBLIC, _of_family(names))
