"""Release: scheduled posts become visible when their time has come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from services.ingest import store
from services.ingest.publish import Held, read_back_text
from shared import outbox
from shared.db.engine import transaction
from shared.ids import new_id
from shared.outbox import NewEvent
from shared.schema.event import EventType

AT_ONCE = 200
"""Posts in one transaction."""

MOST = 50
"""Transactions in one run: the next tick goes on."""


def release_due(now: datetime) -> int:
    """Publish what is due, each exactly once; return how many there were."""
    total = 0
    for _ in range(MOST):
        with transaction() as connection:
            released = release(connection, now, AT_ONCE)
        total += released
        if released < AT_ONCE:
            break
    return total


def release(connection: Connection, now: datetime, limit: int) -> int:
    """Publish scheduled posts whose time has come, in the caller's transaction."""
    released = [
        replace(held, state="published", event_id=new_id("evt"), sequence=None)
        for held in store.due(connection, now, limit)
    ]
    if released:
        store.show(connection, released, now)
        outbox.append(connection, _events(released, now))
    return len(released)


def _events(released: Sequence[Held], now: datetime) -> list[NewEvent]:
    return [
        NewEvent(
            id=held.event_id or "",
            type=EventType.POST_PUBLISHED,
            timestamp=now,
            data=read_back_text(held),
            post_id=held.id,
            facets=held.facets,
        )
        for held in released
    ]
