"""What the pages read of the posts: nothing that is not public and visible now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Row,
    Select,
    Text,
    cast,
    column,
    func,
    select,
    text,
    true,
)

from services.feeds import store
from services.feeds.render.snapshot import Entry
from services.feeds.selections import PUBLIC, SHOWN, VISIBLE, among, any_of
from shared.db.ingest import post, revision

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
SELECT section, language FROM pair LIMIT :most
""")
_MOST_PAIRS = 1000
_LAST_SHOWN = 20_000
"""Among so many that were shown last, those that were held back are looked for."""

# Read by the database: a document may hold two mebibytes that no list shows.
_SAID = (
    func.json_to_record(cast(revision.c.document, JSON))
    .table_valued(
        column("title", Text), column("url", Text), column("embargo_until", DateTime(timezone=True))
    )
    .render_derived(name="said", with_types=True)
)
_NEWEST = (revision.c.date_published.desc(), revision.c.post_id.desc())


@dataclass(frozen=True, slots=True)
class Headline:
    """A post in a list; ``appeared`` is when it was published, or its embargo ended if later."""

    id: str
    url: str
    title: str
    language: str
    published: datetime
    appeared: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A post on its page, and when what stands there last changed."""

    entry: Entry
    changed: datetime


def catalogue(connection: Connection) -> list[tuple[str, str]]:
    """Return each (section, language) in which a public post is visible, in order."""
    rows = connection.execute(_CATALOGUE, {"most": _MOST_PAIRS})
    return [(row.section, row.language) for row in rows]


def tags(connection: Connection, latest: int, most: int) -> list[str]:
    """Return the tags that most of the ``latest`` public posts bear, in order."""
    recent = (
        select(revision.c.tags).where(VISIBLE, PUBLIC).order_by(*_NEWEST).limit(latest).subquery()
    )
    tag = func.unnest(recent.c.tags).label("tag")
    query = select(tag).group_by(tag).order_by(func.count().desc(), tag).limit(most)
    return sorted(connection.scalars(query))


def latest(connection: Connection, limit: int) -> list[Headline]:
    """Return the newest posts, the newest first."""
    return _headlines(connection, _listed().order_by(*_NEWEST).limit(limit))


def appeared_since(connection: Connection, since: datetime, limit: int) -> list[Headline]:
    """Return the posts that appeared after a moment, the last first.

    A post may bear a date from before its embargo, so those that were held back are looked for
    by when they were let go.
    """
    dated = _listed().where(revision.c.date_published > since).order_by(*_NEWEST).limit(limit)
    held = _held_back(connection, since, limit)
    released = _listed().where(any_of(revision.c.post_id, held))
    found = {*_headlines(connection, dated), *(_headlines(connection, released) if held else ())}
    recent = [headline for headline in found if headline.appeared > since]
    return sorted(recent, key=lambda one: (one.appeared, one.id), reverse=True)[:limit]


def shown(connection: Connection, id: str) -> Shown | None:
    """Return a post that everybody may see now."""
    found = store.found(connection, (PUBLIC, among([id])), limit=1)
    if not found.entries:
        return None
    since = select(revision.c.shown_from).where(revision.c.post_id == id, VISIBLE, PUBLIC)
    return Shown(found.entries[0], max(connection.scalars(since).one(), found.changed))


def is_withdrawn(connection: Connection, id: str) -> bool:
    """Tell whether a post was withdrawn while everybody could see it."""
    last = (revision.c.post_id == post.c.id) & (revision.c.number == post.c.revision)
    query = (
        select(post.c.id)
        .join(revision, last)
        .where(post.c.id == id, post.c.state == "withdrawn", SHOWN, PUBLIC)
    )
    return connection.scalar(query) is not None


def _held_back(connection: Connection, since: datetime, limit: int) -> Sequence[str]:
    """Return posts that were shown, after a moment, later than they were accepted."""
    columns = (revision.c.post_id, revision.c.shown_from, revision.c.accepted_at)
    recent = (
        select(*columns)
        .where(PUBLIC, revision.c.shown_from > since)
        .order_by(revision.c.shown_from.desc())
        .limit(_LAST_SHOWN)
        .subquery()
    )
    later = recent.c.shown_from > recent.c.accepted_at
    query = select(recent.c.post_id).where(later).order_by(recent.c.shown_from.desc()).limit(limit)
    return connection.scalars(query).all()


def _listed() -> Select[Any]:
    return (
        select(
            revision.c.post_id, revision.c.language, revision.c.date_published,
            _SAID.c.title, _SAID.c.url, _SAID.c.embargo_until,
        )
        .join(_SAID, true())
        .where(VISIBLE, PUBLIC)
    )  # fmt: skip


def _headlines(connection: Connection, query: Select[Any]) -> list[Headline]:
    return [_headline(row) for row in connection.execute(query)]


def _headline(row: Row[*tuple[Any, ...]]) -> Headline:
    published = row.date_published
    return Headline(
        id=row.post_id,
        url=row.url,
        title=row.title,
        language=row.language,
        published=published,
        appeared=max(published, row.embargo_until or published),
    )
