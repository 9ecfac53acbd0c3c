"""The posts in PostgreSQL: read, held for update in one order, shown and withdrawn."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, tuple_, update

from services.ingest.publish import Held
from shared.db.ingest import event, post, revision
from shared.interest import Facets


def hold(connection: Connection, ids: Collection[str]) -> dict[str, Held]:
    """Lock posts for this transaction and return what is held.

    All writers lock in the order of ids, so that none waits for another in a ring.
    """
    if not ids:
        return {}
    wanted = post.c.id.in_(list(ids))
    connection.execute(select(post.c.id).where(wanted).order_by(post.c.id).with_for_update())
    # In a statement of its own: it has to see what others committed while this one waited.
    return {row.id: _to_held(row) for row in connection.execute(_held().where(wanted))}


def find(connection: Connection, ids: Collection[str]) -> dict[str, Held]:
    """Return what is held of posts, without locking them."""
    found = connection.execute(_held().where(post.c.id.in_(list(ids))))
    return {row.id: _to_held(row) for row in found}


def get(connection: Connection, id: str) -> Held | None:
    """Return one post without locking it."""
    row = connection.execute(_held().where(post.c.id == id)).one_or_none()
    return None if row is None else _to_held(row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of posts is narrowed to; ``None`` means any."""

    section: str | None = None
    language: str | None = None
    tag: str | None = None
    state: str | None = None


def newest(
    connection: Connection, wanted: Wanted, after: Sequence[Any] | None, limit: int
) -> list[Held]:
    """Return posts, the newest ``date_published`` first; ``after`` is (date, id) of the last."""
    order = (revision.c.date_published.desc(), revision.c.post_id.desc())
    query = _held().order_by(*order).limit(limit)
    if wanted.section:
        query = query.where(revision.c.section == wanted.section)
    if wanted.language:
        query = query.where(revision.c.ranges.contains([wanted.language]))
    if wanted.tag:
        query = query.where(revision.c.tags.contains([wanted.tag]))
    if wanted.state:
        query = query.where(post.c.state == wanted.state)
    if after:
        query = query.where(tuple_(revision.c.date_published, revision.c.post_id) < tuple_(*after))
    return [_to_held(row) for row in connection.execute(query)]


def revisions(connection: Connection, id: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return every revision of a post, the newest first."""
    columns = (
        revision.c.number,
        revision.c.document,
        revision.c.accepted_at,
        revision.c.shown_from,
        revision.c.shown_until,
    )
    query = select(*columns).where(revision.c.post_id == id).order_by(revision.c.number.desc())
    return connection.execute(query).all()


def due(connection: Connection, now: datetime, limit: int) -> list[Held]:
    """Lock and return scheduled posts whose time has come, the earliest first."""
    ids = connection.scalars(
        select(post.c.id)
        .where(post.c.state == "scheduled", post.c.due_at <= now)
        .order_by(post.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    found = {row.id: _to_held(row) for row in connection.execute(_held().where(post.c.id.in_(ids)))}
    return [found[id] for id in ids]


def write_withdrawn(connection: Connection, held: Held, reason: str | None, now: datetime) -> None:
    """Mark a post withdrawn and end what was shown of it."""
    _end_shown(connection, [held.id], now)
    values = {
        "state": "withdrawn",
        "withdrawn_at": now,
        "withdrawn_reason": reason,
        "due_at": None,
        "event_id": held.event_id,
    }
    connection.execute(update(post).where(post.c.id == held.id).values(values))


def show(connection: Connection, released: Sequence[Held], now: datetime) -> None:
    """Make scheduled posts visible."""
    rows = [
        {"id_": held.id, "number_": held.revision, "event_": held.event_id} for held in released
    ]
    connection.execute(
        update(post)
        .where(post.c.id == bindparam("id_"))
        .values(state="published", due_at=None, event_id=bindparam("event_")),
        rows,
    )
    connection.execute(
        update(revision)
        .where(revision.c.post_id == bindparam("id_"), revision.c.number == bindparam("number_"))
        .values(shown_from=now),
        [{"id_": row["id_"], "number_": row["number_"]} for row in rows],
    )


def _held() -> Select[Any]:
    return (
        select(
            post.c.id, post.c.revision, post.c.state, post.c.fingerprint, post.c.date_modified,
            post.c.event_id, revision.c.document, revision.c.section,
            revision.c.language, revision.c.tags, revision.c.audience, revision.c.translation_of,
            revision.c.date_published, revision.c.updated, event.c.sequence,
        )
        .outerjoin(
            revision,
            (revision.c.post_id == post.c.id) & (revision.c.number == post.c.revision),
        )
        .outerjoin(event, event.c.id == post.c.event_id)
    )  # fmt: skip


def _to_held(row: Row[*tuple[Any, ...]]) -> Held:
    audience = None if row.audience is None else tuple(row.audience)
    return Held(
        id=row.id,
        revision=row.revision,
        state=row.state,
        fingerprint=row.fingerprint,
        document=row.document,
        facets=Facets(row.section, row.language, tuple(row.tags), audience),
        translation_of=row.translation_of,
        date_published=row.date_published,
        date_modified=row.date_modified,
        updated=row.updated,
        event_id=row.event_id,
        sequence=row.sequence,
    )


def _end_shown(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    shown = revision.c.shown_from.is_not(None) & revision.c.shown_until.is_(None)
    connection.execute(
        update(revision).where(revision.c.post_id.in_(ids), shown).values(shown_until=now)
    )
