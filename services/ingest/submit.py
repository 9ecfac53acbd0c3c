"""Take posts in: one transaction for post, revision and event, for one post or a batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.ingest import store
from services.ingest.publish import (
    Change,
    Held,
    decide,
    read_back,
    withdraw,
    withdrawal,
)
from shared import outbox
from shared.errors import NotFound, PabalError
from shared.ids import new_id
from shared.outbox import NewEvent
from shared.schema.event import EventType
from shared.schema.post import Post

REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one post."""

    status: int
    changed: bool
    held: Held

    def shown(self) -> dict[str, Any]:
        """Return the answer's body."""
        post = read_back(self.held)
        return {**post, "_pabal": {**post["_pabal"], "changed": self.changed}}


def submit(
    connection: Connection, posts: Sequence[Post], now: datetime, request_id: str | None
) -> list[Accepted | PabalError]:
    """Store posts and their events; return what became of each, in order.

    The caller's transaction makes it true: nothing is accepted before it commits.
    """
    if not posts:
        return []
    held = store.hold(connection, {post.id for post in posts}, now)
    results: list[Accepted | PabalError] = []
    changes: list[Change] = []
    events: list[NewEvent] = []
    for post in posts:
        before = held[post.id]
        try:
            change = decide(before, post, now)
        except PabalError as refusal:
            results.append(refusal)
            continue
        if change.event is not None:
            event = _event(change, before, now, request_id)
            change = replace(change, held=replace(change.held, event_id=event.id))
            events.append(event)
        if change.changed:
            changes.append(change)
        held[post.id] = change.held
        results.append(Accepted(201 if change.created else 200, change.changed, change.held))
    if changes:
        store.write(connection, changes, now)
    outbox.append(connection, events)
    return results


def remove(
    connection: Connection, id: str, reason: str | None, now: datetime, request_id: str | None
) -> Accepted:
    """Withdraw a post; raises ``NotFound`` for one that was never here."""
    if store.get(connection, id) is None:
        raise NotFound(f"there is no post {id!r}")
    before = store.hold(connection, [id], now)[id]
    change = withdraw(before)
    if not change.changed:
        return Accepted(200, False, before)
    after = change.held
    if change.event is not None:
        event = _withdrawn(before, reason, now, request_id)
        after = replace(after, event_id=event.id, sequence=None)
        outbox.append(connection, [event])
    store.write_withdrawn(connection, after, reason, now)
    return Accepted(200, True, after)


def _event(change: Change, before: Held, now: datetime, request_id: str | None) -> NewEvent:
    if change.event is EventType.POST_WITHDRAWN:
        return _withdrawn(before, "rescheduled", now, request_id)
    assert change.event is not None
    return NewEvent(
        id=new_id("evt"),
        type=change.event,
        timestamp=now,
        data=read_back(change.held),
        post_id=change.held.id,
        facets=change.held.facets,
        was=change.was,
        withdrawal=withdrawal(before, None, now) if change.was is not None else None,
        request_id=request_id,
    )


def _withdrawn(held: Held, reason: str | None, now: datetime, request_id: str | None) -> NewEvent:
    return NewEvent(
        id=new_id("evt"),
        type=EventType.POST_WITHDRAWN,
        timestamp=now,
        data=withdrawal(held, reason, now),
        post_id=held.id,
        facets=held.facets,
        request_id=request_id,
    )
