"""Idempotency-Key: the same request under the same key gets the same answer."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from shared.db.ingest import idempotency
from shared.errors import FieldError, IdempotencyInFlight, IdempotencyMismatch, Invalid

KEY_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that may come again: who sent it, under which key, with which body."""

    caller: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given."""

    status: int
    body: str


def repeatable(caller: str, key: str | None, body: bytes) -> Repeatable | None:
    """Return the request's name, or None where it has no key."""
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_LIMIT:
        fault = FieldError("Idempotency-Key", f"must have 1 to {KEY_LIMIT} characters")
        raise Invalid("the Idempotency-Key header is not valid", [fault])
    return Repeatable(caller, key, hashlib.sha256(body).hexdigest())


def recall(connection: Connection, request: Repeatable) -> Answer | None:
    """Return the answer given before; take the key for this transaction where there is none.

    Raises ``IdempotencyInFlight`` while another transaction holds the key, and
    ``IdempotencyMismatch`` where it was used with another body.
    """
    name = f"{request.caller}:{request.key}"
    taken = connection.scalar(
        select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))
    )
    if not taken:
        raise IdempotencyInFlight("the first request under this key is not answered yet")
    row = connection.execute(
        select(idempotency).where(
            idempotency.c.key_id == request.caller, idempotency.c.key == request.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_hash != request.body_hash:
        raise IdempotencyMismatch("use a new key for a new request")
    return Answer(row.status, row.answer)


def remember(connection: Connection, request: Repeatable, answer: Answer) -> None:
    """Keep the answer, in the transaction that makes it true."""
    connection.execute(
        insert(idempotency).values(
            key_id=request.caller,
            key=request.key,
            request_hash=request.body_hash,
            status=answer.status,
            answer=answer.body,
        )
    )
