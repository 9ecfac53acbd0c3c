"""The issues in PostgreSQL, and the events of their windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Text,
    Update,
    any_,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.feeds.facets import facets_from
from services.feeds.readers import Reader
from shared.db.feeds import digest
from shared.db.ingest import event, revision
from shared.db.notify import partner
from shared.ids import new_id, new_token
from shared.interest import Facets
from shared.schema.digest import DigestPost, DigestState
from shared.schema.event import EventType

BY_HAND = "skipped by hand: its posts come with the next issue"

FEW = 2_000
"""Events in a window that an index is asked for one by one."""

# Any constant will do; all who issue for one partner take the same lock.
_LOCK = 0x7061_6202


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


_its_partner = (partner.c.id == digest.c.partner) & (partner.c.created_at <= digest.c.created_at)
# Bodies are large, and of use to the mail alone.
_COLUMNS = tuple(column for column in digest.c if column.name not in ("html", "text", "shows"))

_COUNTED = (
    insert(digest)
    .on_conflict_do_update(
        index_elements=["partner", "slot"],
        set_={"attempts": digest.c.attempts + 1},
        where=digest.c.state == DigestState.DUE,
    )
    .returning(*_COLUMNS)
)


def hold(connection: Connection, partner: str, *, wait: bool) -> bool:
    """Be the only one who issues for a partner, until the transaction ends.

    Where somebody else is, return False, or ``wait`` until they have ended.
    """
    key = func.hashtextextended(partner, _LOCK)
    if wait:
        connection.execute(select(func.pg_advisory_xact_lock(key)))
        return True
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(key))))


def get(connection: Connection, reader: Reader, id: str) -> Digest | None:
    """Return one of a partner's issues by its id."""
    query = select(*_COLUMNS).where(*own_issues(reader), digest.c.id == id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def by_opaque(connection: Connection, opaque: str) -> Digest | None:
    """Return the issue that an opaque link opens, as long as its partner is there."""
    query = select(*_COLUMNS).join(partner, _its_partner).where(digest.c.opaque == opaque)
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def newest(
    connection: Connection, reader: Reader, before: datetime | None, limit: int
) -> list[Digest]:
    """Return a partner's issues, the newest slot first."""
    query = select(*_COLUMNS).where(*own_issues(reader))
    if before is not None:
        query = query.where(digest.c.slot < before)
    rows = connection.execute(query.order_by(digest.c.slot.desc()).limit(limit))
    return [_digest(row) for row in rows]


def sent(connection: Connection, reader: Reader, limit: int, offset: int = 0) -> list[Digest]:
    """Return a partner's issues that were sent, the newest slot first."""
    query = select(*_COLUMNS).where(*own_issues(reader), digest.c.state == DigestState.SENT)
    rows = connection.execute(query.order_by(digest.c.slot.desc()).limit(limit).offset(offset))
    return [_digest(row) for row in rows]


def neighbours(
    connection: Connection, reader: Reader, issue: Digest
) -> tuple[str | None, str | None]:
    """Return the ids of the issues that were sent before and after one."""
    query = (
        select(digest.c.id).where(*own_issues(reader), digest.c.state == DigestState.SENT).limit(1)
    )
    earlier = query.where(digest.c.slot < issue.slot).order_by(digest.c.slot.desc())
    later = query.where(digest.c.slot > issue.slot).order_by(digest.c.slot)
    return connection.scalar(earlier), connection.scalar(later)


def claim(connection: Connection, partner: str, slot: datetime, window: Window) -> Digest | None:
    """Count one try at an issue, before it is made; None where it is settled."""
    first = {
        "id": new_id("dig"), "partner": partner, "slot": slot, "state": DigestState.DUE,
        "from_at": window.start, "until_at": window.end, "from_sequence": window.after,
        "until_sequence": window.until, "opaque": new_token(), "attempts": 1,
    }  # fmt: skip
    row = connection.execute(_COUNTED, first).one_or_none()
    return None if row is None else _digest(row)


def skip(connection: Connection, partner: str, slot: datetime, window: Window) -> Digest | None:
    """Keep a slot as skipped, with a window in which nothing is; None where it is settled."""
    skipped = {
        "state": DigestState.SKIPPED, "from_at": window.start, "until_at": window.start,
        "from_sequence": window.after, "until_sequence": window.after, "error": BY_HAND,
    }  # fmt: skip
    first = insert(digest).values(
        id=new_id("dig"), partner=partner, slot=slot, opaque=new_token(), **skipped
    )
    instead = first.on_conflict_do_update(
        index_elements=["partner", "slot"],
        set_=skipped,
        where=digest.c.state == DigestState.DUE,
    )
    row = connection.execute(instead.returning(*_COLUMNS)).one_or_none()
    return None if row is None else _digest(row)


def at_slot(connection: Connection, reader: Reader, slot: datetime) -> Digest | None:
    """Return the issue of a slot."""
    query = select(*_COLUMNS).where(*own_issues(reader), digest.c.slot == slot)
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def by_id(connection: Connection, id: str) -> Digest | None:
    """Return an issue, as long as its partner is there."""
    query = select(*_COLUMNS).join(partner, _its_partner).where(digest.c.id == id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _digest(row)


def settle(connection: Connection, issue: Digest, state: DigestState, **values: Any) -> None:
    """Write how an issue ended, and close those of earlier slots that never succeeded.

    Their windows are covered by this one, unless it failed.
    """
    settled = update(digest).where(digest.c.id == issue.id).values(state=state, **values)
    if state is not DigestState.FAILED:
        settled = settled.add_cte(_merged(issue).cte("merged"))
    connection.execute(settled)


def _merged(into: Digest) -> Update:
    return (
        update(digest)
        .where(
            digest.c.partner == into.partner,
            digest.c.slot < into.slot,
            digest.c.state == DigestState.DUE,
        )
        .values(state=DigestState.FAILED, error=f"merged into {into.id}")
        .returning(digest.c.id)
    )


def published(window: Window, came_in: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a revision's post was published or came into view in a window."""
    named = event.c.post_id == any_(literal(list(came_in), ARRAY(Text)))
    new = or_(event.c.type == EventType.POST_PUBLISHED, named)
    found = revision.c.post_id.in_(select(event.c.post_id).where(*_within(window), new))
    if window.until - window.after <= FEW:
        return found
    # Taken as a value it is looked up in a hash. As a condition it is planned by statistics, and
    # right after an import, before there are any, each is compared with each.
    return found.is_(true())


def moved(connection: Connection, window: Window) -> list[tuple[str, Facets]]:
    """Return the posts that a revision in a window gave other facets, with those before."""
    query = select(event.c.post_id, event.c.was).where(
        *_within(window), event.c.type == EventType.POST_UPDATED, event.c.was.is_not(None)
    )
    return [(row.post_id, facets_from(row.was)) for row in connection.execute(query)]


def own_issues(reader: Reader) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an issue is this partner's, and not an earlier namesake's."""
    return (digest.c.partner == reader.id, digest.c.created_at >= reader.created_at)


def _within(window: Window, of: FromClause = event) -> tuple[ColumnElement[bool], ...]:
    return (of.c.sequence > window.after, of.c.sequence <= window.until)


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
