"""Previews that are asked for by mail: a ledger of their own, so that none is taken for an issue.

Nothing is stored of what they say: they are composed as they leave, so that nothing is in them
that was withdrawn meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.feeds import readers
from services.feeds.mail.decision import KEPT, MailState, Settled
from services.feeds.mail.ledger import LEASE
from shared import mail
from shared.db.engine import transaction
from shared.db.feeds import sample
from shared.errors import Conflict, FieldError, Invalid, TooManyRequests
from shared.ids import new_id
from shared.settings import settings

MOST = 20
"""Tests of one partner in ``SPAN``: they go to any address, and nobody can unsubscribe."""

SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A preview for one address; ``attempts`` guards the record of each."""

    id: str
    partner: str
    address: str
    state: MailState
    attempts: int
    next_at: datetime | None
    error: str | None
    sent_at: datetime | None
    created_at: datetime


_COLUMNS = (
    sample.c.id, sample.c.partner, sample.c.address, sample.c.state, sample.c.attempts,
    sample.c.next_at, sample.c.error, sample.c.sent_at, sample.c.created_at,
)  # fmt: skip


def ask(partner: str, address: str, now: datetime) -> Sample:
    """Ask for a preview to be mailed; what is older than mail is ever kept goes.

    Raises ``NotFound`` for an unknown partner, ``Invalid`` for an address that cannot be sent to,
    ``Conflict`` without a server, ``TooManyRequests`` beyond ``MOST`` in ``SPAN``.
    """
    with transaction() as connection:
        readers.keep(connection, partner)
        _check(address)
        its_own = sample.c.partner == partner
        recent = select(func.count(sample.c.id)).where(its_own, sample.c.created_at > now - SPAN)
        if connection.execute(recent).scalar_one() >= MOST:
            raise _too_many()
        connection.execute(delete(sample).where(its_own, sample.c.created_at < now - KEPT))
        made = insert(sample).values(
            id=new_id("tst"), partner=partner, address=address, state=MailState.PENDING,
            next_at=now, created_at=now,
        )  # fmt: skip
        return _sample(connection.execute(made.returning(*_COLUMNS)).one())


def newest(connection: Connection, partner: str) -> list[Sample]:
    """Return a partner's latest, the newest first."""
    query = select(*_COLUMNS).where(sample.c.partner == partner)
    rows = connection.execute(query.order_by(sample.c.created_at.desc()).limit(MOST))
    return [_sample(row) for row in rows]


def anything_due(connection: Connection, now: datetime) -> bool:
    """Tell whether one is to be sent."""
    return connection.scalar(select(sample.c.id).where(*_due(now)).limit(1)) is not None


def claim(connection: Connection, now: datetime) -> Sample | None:
    """Count an attempt at the one that has waited longest, and hold it for a while."""
    first = select(sample.c.id).where(*_due(now)).order_by(sample.c.next_at).limit(1)
    claimed = (
        update(sample)
        .where(sample.c.id == first.with_for_update(skip_locked=True).scalar_subquery())
        .values(attempts=sample.c.attempts + 1, next_at=now + LEASE)
        .returning(*_COLUMNS)
    )
    row = connection.execute(claimed).one_or_none()
    return None if row is None else _sample(row)


def record(connection: Connection, tried: Sample, settled: Settled, now: datetime) -> None:
    """Write what became of an attempt, unless another one has been claimed since."""
    written = update(sample).where(
        sample.c.id == tried.id,
        sample.c.state == MailState.PENDING,
        sample.c.attempts == tried.attempts,
    )
    connection.execute(
        written.values(
            state=settled.state,
            next_at=settled.next_at,
            error=settled.error,
            sent_at=now if settled.state is MailState.SENT else None,
        )
    )


def _check(address: str) -> None:
    if settings().mail_server is None:
        raise Conflict("no server takes the hub's mail: set PABAL_SMTP_URL")
    try:
        mail.address(address)
    except ValueError as error:
        raise Invalid("check: to", [FieldError("to", str(error), address)]) from None


def _too_many() -> TooManyRequests:
    error = TooManyRequests(f"{MOST} tests were asked for within an hour; come again later")
    error.retry_after = int(SPAN.total_seconds())
    return error


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (sample.c.state == MailState.PENDING, sample.c.next_at <= now)


def _sample(row: Row[*tuple[Any, ...]]) -> Sample:
    id, partner, address, state, *rest = row
    return Sample(id, partner, address, MailState(state), *rest)
