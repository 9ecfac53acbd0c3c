"""The relay: numbers events in commit order, without gaps, and says who has work to do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from shared.db import feeds, notify
from shared.db.engine import transaction
from shared.db.ingest import event, head, idempotency
from shared.schema.event import envelope

BATCH = 500
MOST = 100
"""Batches in one run: the next ring goes on."""

REPEATABLE = timedelta(days=1)
"""How long the answer under an Idempotency-Key is kept."""

# Any constant will do; every relay takes the same lock.
_LOCK = 0x7061_6201
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far numbering, rebuilding and fanning out have come, as sequences."""

    numbered: int
    rebuilt: int
    fanned_out: int


def relay() -> int:
    """Number what is in the outbox; return how many. Does nothing while another relay works."""
    total = 0
    for _ in range(MOST):
        with transaction() as connection:
            if not connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
                return total
            numbered = _number_batch(connection)
        total += numbered
        if numbered < BATCH:
            break
    return total


def standing() -> Standing:
    """Return how far everybody has come."""
    with transaction() as connection:
        row = connection.execute(
            select(
                head.c.sequence,
                select(feeds.progress.c.sequence).scalar_subquery(),
                select(notify.progress.c.sequence).scalar_subquery(),
            )
        ).one()
    return Standing(*row)


def _number_batch(connection: Connection) -> int:
    # One holder, and a post's events are appended under its lock: position is commit order
    # wherever order matters.
    waiting = connection.execute(
        select(event.c.id, event.c.type, event.c.timestamp, event.c.data, event.c.withdrawal,
               event.c.request_id)
        .where(event.c.sequence.is_(None), event.c.sequenced)
        .order_by(event.c.position)
        .limit(BATCH)
    ).all()  # fmt: skip
    if not waiting:
        return 0
    last = connection.scalar(
        update(head).values(sequence=head.c.sequence + len(waiting)).returning(head.c.sequence)
    )
    assert last is not None
    rows = _numbered(waiting, last - len(waiting) + 1)
    connection.execute(
        update(event)
        .where(event.c.id == bindparam("id_"))
        .values(
            sequence=bindparam("sequence_"),
            body=bindparam("body_"),
            withdrawal_body=bindparam("withdrawal_body_"),
        ),
        rows,
    )
    for row, numbered in zip(waiting, rows, strict=True):
        _log.info(
            "event numbered",
            event_id=row.id,
            sequence=numbered["sequence_"],
            type=row.type,
            request_id=row.request_id,
        )
    return len(rows)


def _numbered(waiting: Sequence[Row[*tuple[Any, ...]]], first: int) -> list[dict[str, Any]]:
    return [
        {
            "id_": row.id,
            "sequence_": sequence,
            "body_": _body(row, row.type, row.data, sequence),
            "withdrawal_body_": row.withdrawal
            and _body(row, "post.withdrawn", row.withdrawal, sequence),
        }
        for sequence, row in enumerate(waiting, first)
    ]


def _body(row: Row[*tuple[Any, ...]], type: str, data: str, sequence: int) -> str:
    return envelope(
        id=row.id,
        type=type,
        sequence=sequence,
        timestamp=row.timestamp,
        data=json.loads(data),
    )


def tick() -> None:
    """Leave a sign that the beat is alive, and forget answers kept for repeats long enough."""
    with transaction() as connection:
        connection.execute(update(head).values(ticked_at=func.now()))
        connection.execute(
            delete(idempotency).where(idempotency.c.created_at < func.now() - REPEATABLE)
        )
