"""What feeds read of the posts: the visible revisions of a feed, and when it last changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
    text,
    union,
)

from services.feeds.definition import ALL, Definition
from services.feeds.render.snapshot import Entry, Tombstone, Translation, entry_from
from services.feeds.stored import post_from, url_in
from shared.db.ingest import head, post, revision
from shared.interest import Facets, Interest

NEWEST = 50
"""Entries in a current document."""

LATEST = 2000
"""The latest revisions, among which a document's are looked for first."""

TOMBSTONES = 50
_RECENT = 200
_TAGS_LISTED = 24
EMPTY = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed that never had a post last changed."""

_SHOWN = revision.c.shown_from.is_not(None)
_VISIBLE = _SHOWN & revision.c.shown_until.is_(None)
_PUBLIC = revision.c.audience.is_(None)


# Each step finds the next pair by the index: DISTINCT would read every visible post.
_CATALOGUE = text("""
WITH RECURSIVE pair AS (
    (SELECT section, language FROM ingest.revision
     WHERE shown_from IS NOT NULL AND shown_until IS NULL AND audience IS NULL
     ORDER BY section, language LIMIT 1)
    UNION ALL
    SELECT next.section, next.language FROM pair CROSS JOIN LATERAL (
        SELECT r.section, r.language FROM ingest.revision r
        WHERE r.shown_from IS NOT NULL AND r.shown_until IS NULL AND r.audience IS NULL
          AND (r.section, r.language) > (pair.section, pair.language)
        ORDER BY r.section, r.language LIMIT 1
    ) next
)
SELECT section, language FROM pair
""")

Conditions = tuple[ColumnElement[bool], ...]

_ENTRY: tuple[Column[Any], ...] = (
    revision.c.post_id, revision.c.number, revision.c.document, revision.c.translation_of,
    revision.c.date_published, revision.c.updated,
)  # fmt: skip
_NEWEST: tuple[Column[Any], ...] = (revision.c.date_published, revision.c.post_id)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which revisions a document shows: conditions on ``ingest.revision``.

    ``common`` ones are met by most, or an index keeps what meets them in order; how many meet
    the ``rare`` ones, nobody knows.
    """

    common: Conditions
    rare: Conditions = ()

    @property
    def all(self) -> Conditions:
        """Return all conditions."""
        return (*self.common, *self.rare)


def of_definition(definition: Definition) -> Selection:
    """Select what a public feed shows."""
    interest = Interest(
        () if definition.section == ALL else (definition.section,),
        () if definition.language is None else (definition.language,),
        () if definition.tag is None else (definition.tag,),
    )
    return _selection(_PUBLIC, interest)


def of_partner(partner: str, interest: Interest, section: str = ALL) -> Selection:
    """Select what a partner's private feed shows: its interest, within its audience."""
    wanted = _selection(may_see(partner), interest)
    if section == ALL:
        return wanted
    return Selection((*wanted.common, revision.c.section == section), wanted.rare)


def _selection(audience: ColumnElement[bool], interest: Interest) -> Selection:
    """Return ``shared.interest.matches`` as conditions, within an audience."""
    common, rare = [audience], []
    if len(interest.sections) == 1:
        common.append(revision.c.section == interest.sections[0])
    elif interest.sections:
        rare.append(revision.c.section.in_(interest.sections))
    if interest.languages:
        rare.append(revision.c.ranges.overlap(list(interest.languages)))
    if interest.tags:
        rare.append(revision.c.tags.overlap(list(interest.tags)))
    return Selection(tuple(common), tuple(rare))


def may_see(partner: str) -> ColumnElement[bool]:
    """Return ``shared.interest.may_see`` as a condition."""
    return or_(_PUBLIC, revision.c.audience.contains([partner]))


def among(ids: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a revision is one of these posts', however many."""
    return _any_of(revision.c.post_id, ids)


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
    return all(was_shown(connection, _PUBLIC, facet) for facet in facets if facet is not None)


def was_shown(connection: Connection, *conditions: ColumnElement[bool]) -> bool:
    """Tell whether any post has ever been shown in a state that meets the conditions."""
    # Planned as if all were wanted: asked for one, the planner hopes to meet it soon, and reads
    # the whole table where there is none.
    shown = select(revision.c.post_id).where(_SHOWN, *conditions).cte().prefix_with("MATERIALIZED")
    return connection.scalar(select(shown.c.post_id).limit(1)) is not None


def has_section(connection: Connection, partner: str, section: str) -> bool:
    """Tell whether a section has ever been shown to a partner."""
    return was_shown(connection, may_see(partner), revision.c.section == section)


def newest(connection: Connection, selection: Selection) -> list[Entry]:
    """Return the posts of a document, the newest first, with their translations."""
    rows = _first(connection, _VISIBLE, selection, order=_NEWEST, columns=_ENTRY, limit=NEWEST)
    return _entries(connection, rows)


def entries(connection: Connection, conditions: Conditions, limit: int) -> list[Entry]:
    """Return the visible posts that meet conditions, the newest first, with their translations."""
    query = select(*_ENTRY).where(_VISIBLE, *conditions).limit(limit)
    rows = connection.execute(query.order_by(*(column.desc() for column in _NEWEST))).all()
    return _entries(connection, rows)


def count(connection: Connection, conditions: Conditions) -> int:
    """Return how many visible posts meet conditions."""
    query = select(func.count()).select_from(revision).where(_VISIBLE, *conditions)
    return connection.scalar(query) or 0


def tombstones(connection: Connection, selection: Selection) -> tuple[Tombstone, ...]:
    """Return the newest withdrawals of posts whose last state was in the selection."""
    last = (revision.c.post_id == post.c.id) & (revision.c.number == post.c.revision)
    query = (
        select(post.c.id, post.c.withdrawn_at)
        .join(revision, last)
        .where(post.c.state == "withdrawn", _SHOWN, *selection.all)
        .order_by(post.c.withdrawn_at.desc(), post.c.id.desc())
        .limit(TOMBSTONES)
    )
    return tuple(Tombstone(row.id, row.withdrawn_at) for row in connection.execute(query))


def last_changed(connection: Connection, selection: Selection) -> datetime:
    """Return when a post last came into the selection, changed in it, or left it."""
    moments = [
        row[0]
        for moment in (revision.c.shown_from, revision.c.shown_until)
        for row in _first(
            connection,
            _SHOWN & moment.is_not(None),
            selection,
            order=(moment,),
            columns=(moment,),
            limit=1,
        )
    ]
    return max(moments, default=EMPTY)


def _first(
    connection: Connection,
    shown: ColumnElement[bool],
    selection: Selection,
    *,
    order: Sequence[Column[Any]],
    columns: Sequence[Column[Any]],
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the shown revisions of a selection that are first in descending order.

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
    by[0] = (order[0] + timedelta(0)).desc()
    return connection.execute(inside.where(*selection.rare).order_by(*by).limit(limit)).all()


def family_changed(connection: Connection, shown: Sequence[Entry]) -> datetime:
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
            select(func.max(column)).where(_SHOWN, _PUBLIC, _of_family(names), ~taken_over.exists())
        )
        for column, taken_over in (
            (revision.c.shown_from, before),
            (revision.c.shown_until, after),
        )
    ]
    return max((moment for moment in moments if moment is not None), default=EMPTY)


def family(connection: Connection, ids: Sequence[str]) -> list[Facets]:
    """Return the facets of the visible posts that are translations of the named ones."""
    root = func.coalesce(revision.c.translation_of, revision.c.post_id)
    roots = connection.scalars(select(root).where(among(ids)).distinct()).all()
    names = list({*ids, *roots})
    columns = (revision.c.section, revision.c.language, revision.c.tags, revision.c.audience)
    # One by each index: for many at once, "or" would be a scan of all that is visible.
    parts = (
        select(*columns).where(_VISIBLE, _any_of(member, names))
        for member in (revision.c.post_id, revision.c.translation_of)
    )
    rows = connection.execute(union(*parts))
    return [Facets(row.section, row.language, tuple(row.tags), row.audience) for row in rows]


def catalogue(connection: Connection) -> list[tuple[str, str]]:
    """Return each (section, language) in which a public post is visible, in order."""
    return [(row.section, row.language) for row in connection.execute(_CATALOGUE)]


def recent_tags(connection: Connection) -> list[str]:
    """Return the tags of recent public posts that most of them bear, in order."""
    recent = (
        select(revision.c.tags)
        .where(_VISIBLE, _PUBLIC)
        .order_by(revision.c.date_published.desc(), revision.c.post_id.desc())
        .limit(_RECENT)
        .subquery()
    )
    tag = func.unnest(recent.c.tags).label("tag")
    query = select(tag).group_by(tag).order_by(func.count().desc(), tag).limit(_TAGS_LISTED)
    return sorted(connection.scalars(query))


def visible(connection: Connection, ids: Sequence[str], conditions: Conditions) -> list[Entry]:
    """Return those of the named posts that are visible and meet conditions, the newest first."""
    return entries(connection, (*conditions, among(ids)), limit=len(ids)) if ids else []


def last_seen(
    connection: Connection, ids: Sequence[str], conditions: Conditions
) -> dict[str, datetime]:
    """Return when the named posts last met conditions; only those that no longer do."""
    query = (
        select(revision.c.post_id, func.max(revision.c.shown_until).label("at"))
        .where(_SHOWN, among(ids), *conditions)
        .group_by(revision.c.post_id)
        .having(func.bool_and(revision.c.shown_until.is_not(None)))
    )
    return {row.post_id: row.at for row in connection.execute(query)}


def _entries(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Entry]:
    pairs = _translations(connection, rows)
    return [_entry(row, pairs.get(row.post_id, ())) for row in rows]


def _translations(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]
) -> dict[str, tuple[Translation, ...]]:
    """Return the visible public translations of posts, whoever names whom and came first.

    Two posts are translations of each other if one names the other, or both name the same.
    """
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


def _named(pairs: Mapping[str, str | None]) -> list[str]:
    """Return the ids of posts and of those that they translate."""
    return list({*pairs, *(root for root in pairs.values() if root is not None)})


def _any_of(column: Column[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    return column == any_(literal(list(ids), ARRAY(Text)))


def _of_family(names: Sequence[str]) -> ColumnElement[bool]:
    return or_(revision.c.post_id.in_(names), revision.c.translation_of.in_(names))


def _relatives(names: list[str]) -> Select[Any]:
    return select(
        revision.c.post_id, revision.c.language, revision.c.document, revision.c.translation_of
    ).where(_VISIBLE, _PUBLIC, _of_family(names))


def _entry(row: Row[*tuple[Any, ...]], translations: Sequence[Translation]) -> Entry:
    return entry_from(
        post_from(row.document),
        revision=row.number,
        published=row.date_published,
        updated=row.updated,
        translations=tuple(translations),
    )
