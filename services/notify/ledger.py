"""The ledger: deliveries with their attempts, as partners and operators read them."""

import re
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text, update

from services.notify.endpoints import lock
from services.notify.fan_out import wake
from shared.clock import rfc3339
from shared.db.ingest import event
from shared.db.notify import attempt, delivery, endpoint
from shared.errors import Conflict, NotFound

_PREFIX = "dlv_"
_ID = re.compile(_PREFIX + r"([0-9]{1,18})")
_DELIVERY = (
    delivery.c.id, delivery.c.event_id, delivery.c.endpoint_id, delivery.c.sequence,
    delivery.c.withdrawal, delivery.c.state, delivery.c.due_at, delivery.c.created_at,
    delivery.c.delivered_at, event.c.type, endpoint.c.state.label("endpoint_state"),
)  # fmt: skip


def page(
    connection: Connection, endpoint_id: str, state: str | None, after: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return an endpoint's deliveries with their attempts, the newest first."""
    query = _query().where(delivery.c.endpoint_id == endpoint_id)
    query = query.order_by(delivery.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(delivery.c.state == state)
    if after is not None:
        query = query.where(delivery.c.id < after)
    return _shown(connection, connection.execute(query).all())


def get(connection: Connection, id: str, owner: str | None = None) -> dict[str, Any]:
    """Return one delivery; raises ``NotFound``, also for another owner's."""
    return _shown(connection, [_row(connection, id, owner)])[0]


def retry(connection: Connection, id: str, owner: str | None = None) -> None:
    """Send a delivery again now, in the place of the automatic attempt.

    Raises ``Conflict`` where the endpoint is not active.
    """
    row = _row(connection, id, owner)
    if row.endpoint_state != "active":
        raise Conflict(f"the endpoint is {row.endpoint_state}: resume or enable it first")
    lock(connection, row.endpoint_id)
    connection.execute(
        update(delivery)
        .where(delivery.c.id == row.id)
        .values(state="pending", due_at=text("now()"), delivered_at=None)
    )
    wake(connection, [row.endpoint_id])


def number(id: str) -> int:
    """Return the number in a delivery's id; raises ``NotFound`` for any other text."""
    match = _ID.fullmatch(id)
    if match is None:
        raise NotFound(f"there is no delivery {id!r}")
    return int(match[1])


def name(number: int) -> str:
    """Return a delivery's id as the API shows it."""
    return f"{_PREFIX}{number}"


def _query() -> Select[Any]:
    return (
        select(*_DELIVERY)
        .join(event, event.c.id == delivery.c.event_id)
        .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
    )


def _row(connection: Connection, id: str, owner: str | None) -> Row[*tuple[Any, ...]]:
    query = _query().where(delivery.c.id == number(id))
    if owner is not None:
        query = query.where(endpoint.c.partner == owner)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no delivery {id!r}")
    return row


def _shown(connection: Connection, rows: Any) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    tried: dict[int, list[dict[str, Any]]] = {id: [] for id in ids}
    query = select(attempt).where(attempt.c.delivery_id.in_(ids))
    for row in connection.execute(query.order_by(attempt.c.delivery_id, attempt.c.number)):
        tried[row.delivery_id].append(_attempt(row))
    return [_delivery(row, tried[row.id]) for row in rows]


def _delivery(row: Row[*tuple[Any, ...]], attempts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": name(row.id),
        "event": row.event_id,
        "event_type": "post.withdrawn" if row.withdrawal else row.type,
        "sequence": row.sequence,
        "endpoint": row.endpoint_id,
        "state": row.state,
        "next_attempt_at": rfc3339(row.due_at) if row.state == "pending" else None,
        "created_at": rfc3339(row.created_at),
        "delivered_at": row.delivered_at and rfc3339(row.delivered_at),
        "attempts": attempts,
    }


def _attempt(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": rfc3339(row.at),
        "duration_ms": row.duration_ms,
        "status": row.status,
        "error": row.error,
        "response_excerpt": row.response_excerpt,
    }
