"""Which slots are to come, and which one is due."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge

from sqlalchemy import Connection, select

from services.feeds.digest.window import due_slot, slots
from services.feeds.readers import Reader
from shared.db.feeds import digest
from shared.schema.digest import DigestState


@dataclass(frozen=True, slots=True)
class Planned:
    """A slot to come of one partner."""

    slot: datetime
    reader: Reader

    @property
    def place(self) -> tuple[datetime, str]:
        """Return where it stands among others."""
        return self.slot, self.reader.id


def due(reader: Reader, latest: datetime | None, now: datetime) -> datetime | None:
    """Return the slot that is due for a partner, if one is.

    The next one comes after the latest that was settled, and after the last change of the plan:
    who switches digests on after their time of day waits for the next.
    """
    planned = reader.planned_at
    # A clock that was wrong shall not hold digests up.
    changed = planned if planned is not None and planned <= now else reader.created_at
    since = max(latest or reader.created_at, changed)
    return due_slot(reader.schedule, reader.zone, since=since, now=now)


def planned(
    readers: Iterable[Reader], start: datetime, until: datetime, after: tuple[datetime, str] | None
) -> Iterator[Planned]:
    """Yield the slots later than ``start`` and not after ``until``, in order, behind a place."""
    if after is not None:
        start = max(start, after[0] - timedelta(microseconds=1))

    def of(reader: Reader) -> Iterator[Planned]:
        for slot in slots(reader.schedule, reader.zone, start, until):
            yield Planned(slot, reader)

    for each in merge(*map(of, readers), key=lambda each: each.place):
        if after is None or each.place > after:
            yield each


def skipped(connection: Connection, start: datetime, until: datetime) -> set[tuple[str, datetime]]:
    """Return the slots of partners that were skipped ahead."""
    query = select(digest.c.partner, digest.c.slot).where(
        digest.c.state == DigestState.SKIPPED, digest.c.slot > start, digest.c.slot <= until
    )
    return {(row.partner, row.slot) for row in connection.execute(query)}
