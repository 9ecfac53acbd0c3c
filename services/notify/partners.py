"""The partners in PostgreSQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.db.notify import endpoint, lane, partner
from shared.errors import Conflict, NotFound
from shared.keys import hash_secret
from shared.schema.partner import DigestSchedule, Interest, Partner


def create(connection: Connection, record: Partner, token: str) -> None:
    """Store a new partner; raises ``Conflict`` where its id is taken."""
    values = {**_columns(record), "token_hash": hash_secret(token)}
    made = insert(partner).values(values).on_conflict_do_nothing(index_elements=["id"])
    if connection.scalar(made.returning(partner.c.id)) is None:
        raise Conflict(f"there is a partner {record.id!r} already")


def get(connection: Connection, id: str) -> Partner:
    """Return one partner; raises ``NotFound``."""
    return _found(connection, id, select(partner))


def hold(connection: Connection, id: str) -> Partner:
    """Return one partner, locked until the transaction ends; raises ``NotFound``."""
    return _found(connection, id, select(partner).with_for_update())


def page(connection: Connection, after: str | None, limit: int) -> list[Partner]:
    """Return partners in the order of their ids."""
    query = select(partner).order_by(partner.c.id).limit(limit)
    if after is not None:
        query = query.where(partner.c.id > after)
    return [_record(row) for row in connection.execute(query)]


def replace(connection: Connection, before: Partner, record: Partner, now: datetime) -> None:
    """Store a partner's changed record, and when its plan of digests changed."""
    values = _columns(record)
    if _plan(before) != _plan(record):
        values["planned_at"] = now
    connection.execute(update(partner).where(partner.c.id == record.id).values(values))


def renew_token(connection: Connection, id: str, token: str) -> None:
    """Give a partner a new token; the old one is dead with the commit."""
    changed = connection.execute(
        update(partner).where(partner.c.id == id).values(token_hash=hash_secret(token))
    )
    if changed.rowcount == 0:
        raise NotFound(f"there is no partner {id!r}")


def remove(connection: Connection, id: str) -> None:
    """Delete a partner with its endpoints and what they are owed; raises ``NotFound``."""
    # Whoever locks several lanes does so in the order of their ids, before anything else.
    lanes = select(lane.c.endpoint_id).join(endpoint, endpoint.c.id == lane.c.endpoint_id)
    ordered = lanes.where(endpoint.c.partner == id).order_by(lane.c.endpoint_id)
    connection.execute(ordered.with_for_update(of=lane))
    if connection.execute(delete(partner).where(partner.c.id == id)).rowcount == 0:
        raise NotFound(f"there is no partner {id!r}")


def _found(connection: Connection, id: str, query: Select[Any]) -> Partner:
    row = connection.execute(query.where(partner.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no partner {id!r}")
    return _record(row)


def _plan(record: Partner) -> tuple[object, ...]:
    """Return what decides when digests are due."""
    digest = record.digest
    return record.timezone, digest.cadence, digest.at, digest.weekday


def _columns(record: Partner) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "language": record.language,
        "timezone": record.timezone,
        "sections": list(record.interest.sections),
        "languages": list(record.interest.languages),
        "tags": list(record.interest.tags),
        "digest": record.digest.model_dump(mode="json"),
        "contact": record.contact,
    }


def _record(row: Row[*tuple[Any, ...]]) -> Partner:
    return Partner(
        id=row.id,
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        interest=Interest(
            sections=tuple(row.sections), languages=tuple(row.languages), tags=tuple(row.tags)
        ),
        digest=DigestSchedule(**row.digest),
        contact=row.contact,
    )
