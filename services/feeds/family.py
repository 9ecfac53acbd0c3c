"""Posts that are translations of each other: their links, and when those changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, union

from services.feeds.render.snapshot import Translation
from services.feeds.selections import EMPTY, PUBLIC, SHOWN, VISIBLE, among, any_of
from services.feeds.stored import url_in
from shared.db.ingest import revision
from shared.interest import Facets

Rows = Sequence[Row[*tuple[Any, ...]]]
_MEMBER = (
    revision.c.post_id, revision.c.number, revision.c.language, revision.c.translation_of,
    revision.c.shown_from, revision.c.shown_until,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Families:
    """The public translations of some posts: those visible now, and when any came or left."""

    links: Mapping[str, tuple[Translation, ...]]
    changed: datetime


def of_rows(connection: Connection, rows: Rows) -> Families:
    """Return the families of posts, whoever names whom and came first.

    Two posts are translations of each other if one names the other, or both name the same.
    """
    members = _related(_members(connection, rows))
    visible = [member for member in members if member.shown_until is None]
    others = _others(rows, visible)
    urls = _urls(connection, {other.post_id for found in others.values() for other in found}, rows)
    links = {id: _links(found, urls) for id, found in others.items()}
    return Families(links, changed(members))


def changed(members: Iterable[Any]) -> datetime:
    """Return when a member last came into view or left it.

    A revision that takes over from another of the same post, language and family at the same
    instant is neither. Pure: ``members`` are public revisions, as rows.
    """
    known = list(members)
    ended: dict[Any, int] = {}
    began: dict[Any, int] = {}
    for each in sorted(known, key=lambda member: member.number):
        # The first to end there, and the last to begin.
        ended.setdefault((_kind(each), each.shown_until), each.number)
        began[_kind(each), each.shown_from] = each.number
    moments = [EMPTY]
    for each in known:
        if ended.get((_kind(each), each.shown_from), each.number) >= each.number:
            moments.append(each.shown_from)
        if began.get((_kind(each), each.shown_until), each.number) <= each.number:
            moments.append(each.shown_until or EMPTY)
    return max(moments)


def _kind(member: Any) -> tuple[str, str, str | None]:
    return member.post_id, member.language, member.translation_of


def _related(members: Rows) -> Rows:
    """Return the revisions of posts that name another or are named: most do neither."""
    naming = {each.post_id for each in members if each.translation_of is not None}
    named = {each.translation_of for each in members}
    return [each for each in members if each.post_id in naming or each.post_id in named]


def _others(rows: Rows, relatives: Rows) -> dict[str, list[Row[*tuple[Any, ...]]]]:
    """Return the relatives of each post that has any, itself left out."""
    by_root: dict[str, list[Row[*tuple[Any, ...]]]] = {}
    by_id = {row.post_id: [row] for row in relatives}
    for row in relatives:
        by_root.setdefault(row.translation_of or row.post_id, []).append(row)
    found = {}
    for row in rows:
        root = row.translation_of or row.post_id
        related = by_root.get(root, []) + by_root.get(row.post_id, []) + by_id.get(root, [])
        others = [other for other in related if other.post_id != row.post_id]
        if others:
            found[row.post_id] = others
    return found


def _urls(connection: Connection, ids: set[str], rows: Rows) -> dict[str, str]:
    """Return the addresses of posts; most of them stand in the same document."""
    documents = {row.post_id: row.document for row in rows if row.post_id in ids}
    missing = sorted(ids - documents.keys())
    if missing:
        query = select(revision.c.post_id, revision.c.document).where(VISIBLE, among(missing))
        documents |= {row.post_id: row.document for row in connection.execute(query)}
    return {id: url_in(document) for id, document in documents.items()}


def _links(others: Rows, urls: Mapping[str, str]) -> tuple[Translation, ...]:
    links = {Translation(row.post_id, row.language, urls[row.post_id]) for row in others}
    return tuple(sorted(links, key=lambda one: (one.language, one.post_id)))


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


def related_to(pairs: Iterable[tuple[str, str | None]]) -> ColumnElement[bool]:
    """Return the condition that a revision is one of these posts', or of a translation of one.

    Each post comes with the one that it translates.
    """
    names = list({name for pair in pairs for name in pair if name is not None})
    return or_(any_of(revision.c.post_id, names), any_of(revision.c.translation_of, names))


def _members(connection: Connection, rows: Rows) -> Rows:
    """Return the public revisions of posts that are of the families of these."""
    if not rows:
        return []
    related = related_to((row.post_id, row.translation_of) for row in rows)
    return connection.execute(select(*_MEMBER).where(SHOWN, PUBLIC, related)).all()
