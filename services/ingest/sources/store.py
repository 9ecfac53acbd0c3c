"""Sources in PostgreSQL: made, claimed for a poll, settled after it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ingest.sources import cadence
from services.ingest.sources.outcome import Settled
from services.ingest.sources.source import ACTIVE, DELETED, Source
from shared.db.ingest import source
from shared.errors import NotFound
from shared.ids import new_id

CLAIMED = timedelta(seconds=60)
"""How long a poll may take; then whoever claimed counts as dead."""

RUNS_AT_ONCE = 2
"""Polls that may be under way together, each of one batch: a hanging one delays no other."""

# Any constant will do; whoever claims takes the same lock.
_LOCK = 0x7061_6203
_COLUMNS = [source.c[name] for name in Source.__dataclass_fields__ if name != "interval"]
_RETURNED = (*_COLUMNS, source.c.interval_s)


def create(
    connection: Connection, url: str, section: str, language: str | None, now: datetime
) -> tuple[Source, bool]:
    """Make a source, or bring back the one with this URL; return it and whether it is new.

    One that was deleted comes back with all it has seen, so that nothing is taken twice.
    """
    values = {"section": section, "language": language, "state": ACTIVE, "next_poll_at": now}
    first = int(cadence.FIRST.total_seconds())
    made = upsert(source).values(id=new_id("src"), url=url, interval_s=first, **values)
    held = connection.execute(
        select(source.c.state).where(source.c.url == url).with_for_update()
    ).scalar()
    row = connection.execute(
        made.on_conflict_do_update(
            index_elements=[source.c.url],
            set_={**values, "etag": None, "last_modified": None, "failures": 0, "last_error": None},
        ).returning(*_RETURNED)
    ).one()
    return _source(row), held in (None, DELETED)


def get(connection: Connection, id: str) -> Source:
    """Return one source; raises ``NotFound``."""
    query = select(*_RETURNED).where(source.c.id == id, source.c.state != DELETED)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no source {id!r}")
    return _source(row)


def lock(connection: Connection, id: str) -> Source:
    """Return one source, and keep others from taking its entries until the transaction ends."""
    connection.execute(select(source.c.id).where(source.c.id == id).with_for_update())
    return get(connection, id)


def page(connection: Connection, after: str | None, limit: int) -> list[Source]:
    """Return sources in the order in which they were made; ``after`` is the last one's id."""
    query = select(*_RETURNED).where(source.c.state != DELETED).order_by(source.c.id).limit(limit)
    if after is not None:
        query = query.where(source.c.id > after)
    return [_source(row) for row in connection.execute(query)]


def remove(connection: Connection, id: str) -> None:
    """Poll a source no more; its posts stay. Raises ``NotFound``."""
    get(connection, id)
    gone = {"state": DELETED, "next_poll_at": None, "ask_at": None, "lease_until": None}
    connection.execute(update(source).where(source.c.id == id).values(gone))


def hurry(connection: Connection, id: str, now: datetime) -> Source:
    """Poll a source at once, also one that was stopped; raises ``NotFound``."""
    get(connection, id)
    values = {"state": ACTIVE, "next_poll_at": now}
    made = update(source).where(source.c.id == id).values(values).returning(*_RETURNED)
    return _source(connection.execute(made).one())


def anything_due(connection: Connection, now: datetime) -> bool:
    """Tell whether a source is to be polled or a hub to be asked."""
    query = select(exists().where(_due(now)) | exists().where(_to_ask(now)))
    return bool(connection.scalar(query))


def claim(connection: Connection, now: datetime, limit: int) -> list[Source]:
    """Take sources to poll; none where enough polls are under way.

    The try is counted before it is made: a document that kills whoever reads it comes back ever
    later, not at once.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    runs = select(func.count(source.c.claimed_until.distinct())).where(source.c.claimed_until > now)
    if (connection.scalar(runs) or 0) >= RUNS_AT_ONCE:
        return []
    due = (
        select(source.c.id)
        .where(_due(now), _unclaimed(now))
        .order_by(source.c.next_poll_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = {
        "claimed_until": now + CLAIMED,
        "failures": source.c.failures + 1,
        "next_poll_at": now + CLAIMED * (source.c.failures + 1),
    }
    changed = update(source).where(source.c.id.in_(due)).values(taken).returning(*_RETURNED)
    return [_source(row) for row in connection.execute(changed)]


def settle(connection: Connection, id: str, settled: Settled, now: datetime) -> None:
    """Record what a poll came to, unless the source was deleted meanwhile."""
    values: dict[str, Any] = {
        "state": settled.state,
        "claimed_until": None,
        "next_poll_at": settled.next_poll_at,
        "last_poll_at": now,
        "last_status": settled.status,
        "last_error": settled.error,
        "interval_s": int(settled.interval.total_seconds()),
    }
    if settled.error is None:
        values["failures"] = 0
    if settled.moved_to is not None:
        values["moved_to"] = settled.moved_to
    if settled.validators is not None:
        values["etag"] = settled.validators.etag
        values["last_modified"] = settled.validators.last_modified
    if settled.report is not None:
        values["last_report"] = settled.report
    held = update(source).where(source.c.id == id, source.c.state != DELETED)
    connection.execute(held.values(values))


def _due(now: datetime) -> ColumnElement[bool]:
    return (source.c.state == ACTIVE) & (source.c.next_poll_at <= now)


def _to_ask(now: datetime) -> ColumnElement[bool]:
    return (source.c.state == ACTIVE) & (source.c.ask_at <= now)


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    return source.c.claimed_until.is_(None) | (source.c.claimed_until <= now)


def _source(row: Row[*tuple[Any, ...]]) -> Source:
    values = row._asdict()
    return Source(interval=timedelta(seconds=values.pop("interval_s")), **values)
