"""How a partner's issues follow each other: each window begins where the last one ended.

The chain hangs on the sequences of events, which a clock cannot change: a window begins with the
highest one that any settled issue reached. Slots are moments, and those later than now are those
skipped ahead, or what a clock that was wrong has left behind; neither holds the next one up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    func,
    select,
    true,
)

from services.feeds.digest.store import Window
from services.feeds.readers import Reader
from shared.db.feeds import digest
from shared.db.ingest import event
from shared.db.notify import partner
from shared.schema.digest import DigestState
from shared.schema.partner import Cadence

_SETTLED = digest.c.state.in_((DigestState.SENT, DigestState.SKIPPED))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a partner's issues stand.

    ``slot`` is the latest that was settled and ``ended`` where that issue's window did; both are
    None before the first. ``after`` is the sequence that all of them together have reached, or
    from which the first was tried in vain since ``tried``. ``until`` is the last one before the
    end of the next.
    """

    slot: datetime | None
    ended: datetime | None
    tried: datetime | None
    after: int | None
    until: int

    def covers(self, slot: datetime) -> bool:
        """Tell whether a slot is settled, or its posts have been told at a later one."""
        return self.slot is not None and self.slot >= slot


def standing(connection: Connection, reader: Reader, end: datetime, now: datetime) -> Standing:
    """Return where a partner's issues stand, and how far one that ends at ``end`` reaches."""
    about = {"partner": reader.id, "created_at": reader.created_at, "end": end, "now": now}
    row = connection.execute(_STANDING, about).one()
    return Standing(row.slot, row.ended, row.tried, row.after, row.until or 0)


def window(connection: Connection, held: Standing, start: datetime, end: datetime) -> Window:
    """Return the window up to ``end`` that follows a partner's issues.

    The first one begins at ``start``, and again where it was tried in vain. A later one begins
    with the sequence at which the last ended: so nothing is lost or told twice where an event is
    numbered late or a clock was wrong; it is in the next window.
    """
    begin = held.ended or min(held.tried or start, start)
    after = held.after
    if after is None:
        after = connection.scalar(_numbered_before(start)) or 0
    return Window(begin, end, after, max(after, held.until))


def latest_slots(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Return the latest slot, up to now, that is settled for each partner that wants digests."""
    last = (
        select(digest.c.slot)
        .where(
            digest.c.partner == partner.c.id,
            digest.c.created_at >= partner.c.created_at,
            digest.c.slot <= now,
            _SETTLED,
        )
        .order_by(digest.c.slot.desc())
        .limit(1)
        .lateral()
    )
    wanted = partner.c.digest["cadence"].astext != Cadence.NONE
    query = select(partner.c.id, last.c.slot).join(last, true()).where(wanted)
    return {row.id: row.slot for row in connection.execute(query)}


def _first(query: Select[datetime] | Select[int], name: str) -> ColumnElement[Any]:
    return query.limit(1).scalar_subquery().label(name)


def _numbered_before(moment: datetime | BindParameter[Any]) -> Select[int | None]:
    """Select the last sequence that was given to what became of a post before a moment."""
    before = (event.c.post_id.is_not(None), event.c.timestamp < moment)
    return select(func.max(event.c.sequence)).where(*before)


def _standing() -> Select[Any]:
    moment = digest.c.slot.type
    own = (
        digest.c.partner == bindparam("partner", type_=Text),
        digest.c.created_at >= bindparam("created_at", type_=moment),
    )
    last = (*own, _SETTLED, digest.c.slot <= bindparam("now", type_=moment))
    # One that was skipped by hand covers nothing: its window comes with the next.
    covered, latest = digest.c.from_at < digest.c.until_at, digest.c.slot.desc()
    reached = select(func.max(digest.c.until_sequence)).where(*own, _SETTLED)
    return select(
        select(func.max(digest.c.slot)).where(*last).scalar_subquery().label("slot"),
        _first(select(digest.c.until_at).where(*last, covered).order_by(latest), "ended"),
        _first(select(digest.c.from_at).where(*own).order_by(digest.c.slot), "tried"),
        func.coalesce(
            reached.scalar_subquery(),
            _first(select(digest.c.from_sequence).where(*own).order_by(digest.c.slot), "from"),
        ).label("after"),
        _numbered_before(bindparam("end", type_=moment)).scalar_subquery().label("until"),
    )


_STANDING = _standing()
