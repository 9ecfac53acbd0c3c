"""Arrivals: where each post stands in the archives, by the event with which it came.

A stay begins when a post comes into view, or comes anew with other facets, and ends when it goes.
A revision with the same facets changes no stay: the post keeps its place.
"""

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from shared.db import engine
from shared.db.feeds import progress, stay
from shared.db.ingest import event, head
from shared.schema.event import EventType

EVENTS_AT_ONCE = 1000
MOST = 1000
"""Transactions in one run: the next ring goes on."""

_BEGUN = ("sequence", "post_id", "section", "ranges", "tags", "audience")
_CHANGE = (
    select(
        *(event.c[name] for name in _BEGUN),
        event.c.type,
        event.c.timestamp,
        func.row_number()
        .over(partition_by=event.c.post_id, order_by=event.c.sequence)
        .label("place"),
        func.lead(event.c.timestamp)
        .over(partition_by=event.c.post_id, order_by=event.c.sequence)
        .label("left_at"),
    )
    .where(event.c.sequence > bindparam("after"), event.c.sequence <= bindparam("until"))
    .where(
        or_(
            event.c.type.in_((EventType.POST_PUBLISHED, EventType.POST_WITHDRAWN)),
            (event.c.type == EventType.POST_UPDATED) & event.c.was.is_not(None),
        )
    )
    .cte("change")
)
_END = (
    update(stay)
    .values(left_at=_CHANGE.c.timestamp)
    .where(stay.c.post_id == _CHANGE.c.post_id, stay.c.left_at.is_(None), _CHANGE.c.place == 1)
)
_BEGIN = insert(stay).from_select(
    [*_BEGUN, "left_at"],
    select(*(_CHANGE.c[name] for name in _BEGUN), _CHANGE.c.left_at).where(
        _CHANGE.c.type != EventType.POST_WITHDRAWN
    ),
)


def note() -> None:
    """Write what the events numbered so far make of the stays; nothing while a rebuild works.

    In transactions of its own, so that whoever renders sees it, with Redis away too.
    """
    for _ in range(MOST):
        with engine.transaction() as connection:
            if _note_some(connection) < EVENTS_AT_ONCE:
                return


def _note_some(connection: Connection) -> int:
    """Write what the next events make of the stays; return how many there were."""
    reached = select(progress.c.arrived).with_for_update(skip_locked=True)
    after: int | None = connection.scalar(reached)
    if after is None:
        return 0
    numbered: int = connection.execute(select(head.c.sequence)).scalar_one()
    until = min(numbered, after + EVENTS_AT_ONCE)
    if until > after:
        for change in (_END, _BEGIN):
            connection.execute(change, {"after": after, "until": until})
        connection.execute(update(progress).values(arrived=until))
    return until - after
