"""The endpoints in PostgreSQL; secrets and headers are encrypted on their way in."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from services.notify.fan_out import wake
from shared import jsontext
from shared.crypto import decrypt, encrypt
from shared.db.ingest import event
from shared.db.notify import delivery, endpoint, lane, partner
from shared.errors import FieldError, InvalidEndpoint, NotFound
from shared.ids import new_id
from shared.schema.endpoint import Endpoint, EndpointState, Ordering, Policy
from shared.schema.event import EventType
from shared.schema.partner import Interest


@dataclass(frozen=True, slots=True)
class Stored:
    """An endpoint as the database has it, without its secret."""

    id: str
    partner: str
    policy: Policy
    state: EndpointState
    reason: str | None
    failing_since: datetime | None
    created_at: datetime


def create(connection: Connection, asked: Endpoint, secret: str) -> Stored:
    """Store a new endpoint with its lane; raises ``InvalidEndpoint`` for an unknown partner."""
    # Locked, so that it is not deleted before its endpoint is there.
    known = select(partner.c.id).where(partner.c.id == asked.partner)
    if not connection.scalar(known.with_for_update(read=True, key_share=True)):
        fault = FieldError("partner", "is not a partner of this hub", asked.partner)
        raise InvalidEndpoint("check: partner", [fault])
    id = new_id("ep")
    values = {**_columns(asked), "id": id, "partner": asked.partner, "secret": encrypt(secret)}
    connection.execute(insert(endpoint).values(values))
    connection.execute(insert(lane).values(endpoint_id=id))
    return get(connection, id)


def get(connection: Connection, id: str, owner: str | None = None) -> Stored:
    """Return one endpoint; raises ``NotFound``, also for another owner's."""
    row = connection.execute(_query(owner).where(endpoint.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no endpoint {id!r}")
    return _stored(row)


def lock(connection: Connection, id: str) -> None:
    """Keep engines and other writers off an endpoint until the transaction ends."""
    connection.execute(select(lane.c.fence).where(lane.c.endpoint_id == id).with_for_update())


def page(connection: Connection, owner: str | None, after: str | None, limit: int) -> list[Stored]:
    """Return endpoints in the order in which they were made."""
    query = _query(owner).order_by(endpoint.c.id).limit(limit)
    if after is not None:
        query = query.where(endpoint.c.id > after)
    return [_stored(row) for row in connection.execute(query)]


def replace(connection: Connection, id: str, policy: Policy) -> Stored:
    """Store a changed policy; what is owed follows the new ordering."""
    lock(connection, id)
    connection.execute(update(endpoint).where(endpoint.c.id == id).values(_columns(policy)))
    strict = policy.ordering is Ordering.STRICT
    connection.execute(
        update(delivery)
        .where(delivery.c.endpoint_id == id, delivery.c.state.in_(("pending", "held")))
        .values(order_key="" if strict else _post_order_key())
    )
    wake(connection, [id])
    return get(connection, id)


def remove(connection: Connection, id: str) -> None:
    """Delete an endpoint and what it is owed."""
    lock(connection, id)
    connection.execute(delete(endpoint).where(endpoint.c.id == id))


def hold(connection: Connection, id: str, state: EndpointState, reason: str) -> Stored:
    """Pause or disable an endpoint: what it is owed is held."""
    lock(connection, id)
    connection.execute(
        update(endpoint).where(endpoint.c.id == id).values(state=state, reason=reason)
    )
    _move(connection, id, "pending", "held")
    return get(connection, id)


def resume(connection: Connection, id: str, *, skip_held: bool) -> Stored:
    """Make an endpoint active; what was held goes out in order, or is dropped on request."""
    lock(connection, id)
    connection.execute(
        update(endpoint)
        .where(endpoint.c.id == id)
        .values(state=EndpointState.ACTIVE, reason=None, failing_since=None)
    )
    _move(connection, id, "held", "cancelled" if skip_held else "pending")
    wake(connection, [id])
    return get(connection, id)


def rotate(connection: Connection, id: str, secret: str, overlap: timedelta) -> datetime:
    """Give an endpoint a new secret; return until when the former signs as well."""
    until: datetime = connection.execute(
        update(endpoint)
        .where(endpoint.c.id == id)
        .values(
            previous_secret=endpoint.c.secret,
            previous_expires_at=func.now() + overlap,
            secret=encrypt(secret),
        )
        .returning(endpoint.c.previous_expires_at)
    ).scalar_one()
    return until


def _move(connection: Connection, id: str, before: str, after: str) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.endpoint_id == id, delivery.c.state == before)
        .values(state=after, due_at=func.now())
    )


def _post_order_key() -> Any:
    post_id = select(event.c.post_id).where(event.c.id == delivery.c.event_id).scalar_subquery()
    return func.coalesce(post_id, delivery.c.event_id)


def _query(owner: str | None) -> Select[Any]:
    query = select(endpoint)
    return query if owner is None else query.where(endpoint.c.partner == owner)


def _columns(policy: Policy) -> dict[str, Any]:
    return {
        "url": policy.url,
        "event_types": [str(type) for type in policy.event_types],
        "sections": list(policy.interest.sections),
        "languages": list(policy.interest.languages),
        "tags": list(policy.interest.tags),
        "ordering": policy.ordering,
        "rate_per_second": policy.rate_per_second,
        "max_in_flight": policy.max_in_flight,
        "headers": encrypt(jsontext.dumps(policy.headers)) if policy.headers else None,
        "description": policy.description,
    }


def _stored(row: Row[*tuple[Any, ...]]) -> Stored:
    policy = Policy(
        url=row.url,
        event_types=tuple(EventType(type) for type in row.event_types),
        interest=Interest(
            sections=tuple(row.sections), languages=tuple(row.languages), tags=tuple(row.tags)
        ),
        ordering=Ordering(row.ordering),
        rate_per_second=row.rate_per_second,
        max_in_flight=row.max_in_flight,
        headers={} if row.headers is None else json.loads(decrypt(row.headers)),
        description=row.description,
    )
    return Stored(
        id=row.id,
        partner=row.partner,
        policy=policy,
        state=EndpointState(row.state),
        reason=row.reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
    )
