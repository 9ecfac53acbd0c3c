"""The issues in PostgreSQL, and the events of their windows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
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
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.feeds.facets import facets_from
from shared.db.feeds import digest
from shared.db.ingest import event, head
from shared.ids import new_id, new_token
from shared.interest import Facets
from shared.schema.digest import DigestPost, DigestState
from shared.schema.event import EventType

LOOKED_BACK = 60
"""Earlier issues in which a corrected or withdrawn post is looked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """What an issue covers: events after one sequence up to another, and the times to show."""

    start: datetime
    end: datetime
    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Digest:
    """An issue as the ledger has it."""

    id: str
    partner: str
    slot: datetime
    state: DigestState
    from_at: datetime
    until_at: datetime
    from_sequence: int
    until_sequence: int
    opaque: str
    subject: str | None
    posts: tuple[DigestPost, ...]
    sent_at: datetime | None
    attempts: int
    error: str | None

    @property
    def window(self) -> Window:
        """Return what the issue covers."""
        return Window(self.from_at, self.until_at, self.from_sequence, self.until_sequence)


# Bodies are large, and of use to the mail alone.
_COLUMNS = tuple(column for column in digest.c if column.name not in ("html", "text"))


def last(connection: Connection, partner: str) -> Digest | None:
    """Return a partner's latest issue that was settled: sent or skipped."""
    query = (
        select(*_COLUMNS)
        .where(digest.c.partner == partner, digest.c.state.in_(("sent", "skipped")))
        .order_by(digest.c.slot.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def get(connection: Connection, id: str) -> Digest | None:
    """Return one issue by its id."""
    row = connection.execute(select(*_COLUMNS).where(digest.c.id == id)).one_or_none()
    return None if row is None else _digest(row)


def by_opaque(connection: Connection, opaque: str) -> Digest | None:
    """Return the issue that an opaque link opens."""
    row = connection.execute(select(*_COLUMNS).where(digest.c.opaque == opaque)).one_or_none()
    return None if row is None else _digest(row)


def newest(
    connection: Connection,
    partner: str,
    before: datetime | None,
    limit: int,
    *,
    only_sent: bool = False,
) -> list[Digest]:
    """Return a partner's issues, the newest slot first."""
    query = select(*_COLUMNS).where(digest.c.partner == partner)
    if before is not None:
        query = query.where(digest.c.slot < before)
    if only_sent:
        query = query.where(digest.c.state == DigestState.SENT)
    rows = connection.execute(query.order_by(digest.c.slot.desc()).limit(limit))
    return [_digest(row) for row in rows]


def claim(connection: Connection, partner: str, slot: datetime, window: Window) -> Digest | None:
    """Count one try at an issue, before it is made; None where it is settled or busy."""
    connection.execute(
        insert(digest)
        .values(
            id=new_id("dig"), partner=partner, slot=slot, state=DigestState.DUE,
            from_at=window.start, until_at=window.end, from_sequence=window.after,
            until_sequence=window.until, opaque=new_token(),
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
    due = select(digest.c.id).where(
        digest.c.partner == partner, digest.c.slot == slot, digest.c.state == DigestState.DUE
    )
    id = connection.scalar(due.with_for_update(skip_locked=True))
    if id is None:
        return None
    counted = update(digest).where(digest.c.id == id).values(attempts=digest.c.attempts + 1)
    return _digest(connection.execute(counted.returning(*_COLUMNS)).one())


def settle(connection: Connection, id: str, state: DigestState, **values: Any) -> bool:
    """Write how an issue ended; False where somebody else has done so."""
    settled = (
        update(digest)
        .where(digest.c.id == id, digest.c.state == DigestState.DUE)
        .values(state=state, **values)
    )
    return connection.execute(settled).rowcount == 1


def window(connection: Connection, before: Digest | None, start: datetime, end: datetime) -> Window:
    """Return the window that follows an issue; the first begins at ``start``."""
    until = connection.scalar(select(head.c.sequence)) or 0
    if before is not None:
        return Window(before.until_at, end, before.until_sequence, until)
    reached = select(func.max(event.c.sequence)).where(event.c.timestamp < start)
    return Window(start, end, connection.scalar(reached) or 0, until)


def merge_older(connection: Connection, settled: Digest) -> None:
    """Close the issues of earlier slots that never succeeded: this one covers their windows."""
    older = (
        update(digest)
        .where(
            digest.c.partner == settled.partner,
            digest.c.slot < settled.slot,
            digest.c.state == DigestState.DUE,
        )
        .values(state=DigestState.FAILED, error=f"merged into {settled.id}")
    )
    connection.execute(older)


def published(window: Window) -> Select[tuple[str | None]]:
    """Select the ids of the posts that were published in a window."""
    return select(event.c.post_id).where(*_within(window), event.c.type == EventType.POST_PUBLISHED)


def moved(connection: Connection, window: Window) -> list[tuple[str, Facets]]:
    """Return the posts that a revision in a window gave other facets, with those before."""
    query = select(event.c.post_id, event.c.was).where(
        *_within(window), event.c.type == EventType.POST_UPDATED, event.c.was.is_not(None)
    )
    return [(row.post_id, facets_from(row.was)) for row in connection.execute(query)]


def happened(connection: Connection, window: Window, partner: str, ids: Iterable[str]) -> set[str]:
    """Return those of the named posts of which events of a window tell the partner."""
    was = event.c.was["audience"]
    seen = or_(
        event.c.audience.is_(None),
        event.c.audience.contains([partner]),
        and_(event.c.was.is_not(None), or_(was.astext.is_(None), was.has_key(partner))),
    )
    named = event.c.post_id == any_(literal(list(ids), ARRAY(Text)))
    query = select(event.c.post_id).where(*_within(window), named, seen).distinct()
    return {id for id in connection.scalars(query) if id is not None}


def told_before(
    connection: Connection, partner: str, slot: datetime | None = None
) -> dict[str, DigestPost]:
    """Return by id the posts of a partner's earlier issues, or of those before a slot."""
    query = select(digest.c.posts).where(
        digest.c.partner == partner, digest.c.state == DigestState.SENT
    )
    if slot is not None:
        query = query.where(digest.c.slot < slot)
    issues = connection.scalars(query.order_by(digest.c.slot.desc()).limit(LOOKED_BACK)).all()
    return {
        post["id"]: DigestPost.model_construct(**post)
        for posts in reversed(issues)
        for post in posts
    }


def _within(window: Window) -> tuple[ColumnElement[bool], ...]:
    return (event.c.sequence > window.after, event.c.sequence <= window.until)


def _digest(row: Row[*tuple[Any, ...]]) -> Digest:
    return Digest(
        id=row.id,
        partner=row.partner,
        slot=row.slot,
        state=DigestState(row.state),
        from_at=row.from_at,
        until_at=row.until_at,
        from_sequence=row.from_sequence,
        until_sequence=row.until_sequence,
        opaque=row.opaque,
        subject=row.subject,
        posts=tuple(DigestPost.model_validate(post) for post in row.posts),
        sent_at=row.sent_at,
        attempts=row.attempts,
        error=row.error,
    )
