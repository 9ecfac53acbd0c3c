"""The issues in PostgreSQL, and the events of their windows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.db.feeds import digest
from shared.db.ingest import event, head
from shared.ids import new_id, new_token
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
    until_sequence: int
    opaque: str
    subject: str | None
    html: str | None
    posts: tuple[DigestPost, ...]
    sent_at: datetime | None
    attempts: int


def last(connection: Connection, partner: str) -> Digest | None:
    """Return a partner's latest issue that was settled: sent or skipped."""
    query = (
        select(digest)
        .where(digest.c.partner == partner, digest.c.state.in_(("sent", "skipped")))
        .order_by(digest.c.slot.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def get(connection: Connection, id: str) -> Digest | None:
    """Return one issue by its id."""
    row = connection.execute(select(digest).where(digest.c.id == id)).one_or_none()
    return None if row is None else _digest(row)


def by_opaque(connection: Connection, opaque: str) -> Digest | None:
    """Return the issue that an opaque link opens."""
    row = connection.execute(select(digest).where(digest.c.opaque == opaque)).one_or_none()
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
    query = select(digest).where(digest.c.partner == partner)
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
    return _digest(connection.execute(counted.returning(*digest.c)).one())


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


def told(connection: Connection, window: Window, type: EventType) -> dict[str, datetime]:
    """Return the posts of which a window's events of one type tell, and when they last did."""
    query = (
        select(event.c.post_id, func.max(event.c.timestamp).label("at"))
        .where(
            event.c.sequence > window.after,
            event.c.sequence <= window.until,
            event.c.type == type,
        )
        .group_by(event.c.post_id)
    )
    return {row.post_id: row.at for row in connection.execute(query)}


def told_before(connection: Connection, partner: str) -> dict[str, DigestPost]:
    """Return the posts of a partner's earlier issues by id."""
    issues = newest(connection, partner, None, LOOKED_BACK, only_sent=True)
    return {post.id: post for issue in reversed(issues) for post in issue.posts}


def _digest(row: Row[*tuple[Any, ...]]) -> Digest:
    return Digest(
        id=row.id,
        partner=row.partner,
        slot=row.slot,
        state=DigestState(row.state),
        from_at=row.from_at,
        until_at=row.until_at,
        until_sequence=row.until_sequence,
        opaque=row.opaque,
        subject=row.subject,
        html=row.html,
        posts=tuple(DigestPost.model_validate(post) for post in row.posts),
        sent_at=row.sent_at,
        attempts=row.attempts,
    )
