"""The addresses that get none of a partner's issues: they unsubscribed, or were refused for good.

Nothing but ``lift`` ends it: an address that the partner's schedule names again stays suppressed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.feeds.mail.decision import MailState
from shared.db.feeds import digest, mail, suppression
from shared.mail import normal


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address in its normal form, why it gets no mail, and since when."""

    address: str
    reason: str
    since: datetime


def suppress(
    connection: Connection, partner: str, address: str, reason: str, now: datetime
) -> None:
    """Send an address none of a partner's issues from now on, those that are owed included.

    The first reason stays.
    """
    values = {"partner": partner, "address": normal(address), "reason": reason, "since": now}
    connection.execute(insert(suppression).values(values).on_conflict_do_nothing())
    pending = (
        select(mail.c.digest_id, mail.c.address)
        .join(digest, digest.c.id == mail.c.digest_id)
        .where(mail.c.state == MailState.PENDING, digest.c.partner == partner)
    )
    owed = [tuple(row) for row in connection.execute(pending) if _same(row.address, address)]
    stopped = update(mail).where(
        tuple_(mail.c.digest_id, mail.c.address).in_(owed), mail.c.state == MailState.PENDING
    )
    connection.execute(stopped.values(state=MailState.SUPPRESSED, next_at=None, error=reason))


def suppressed(connection: Connection, partner: str, addresses: Iterable[str]) -> dict[str, str]:
    """Return the reasons of those among some addresses that are suppressed, by normal form."""
    query = select(suppression.c.address, suppression.c.reason).where(
        suppression.c.partner == partner,
        suppression.c.address.in_([normal(address) for address in addresses]),
    )
    return {row.address: row.reason for row in connection.execute(query)}


def page(connection: Connection, partner: str, after: str | None, limit: int) -> list[Suppression]:
    """Return a partner's suppressions in the order of their addresses."""
    query = select(suppression.c.address, suppression.c.reason, suppression.c.since)
    query = query.where(suppression.c.partner == partner)
    if after is not None:
        query = query.where(suppression.c.address > after)
    rows = connection.execute(query.order_by(suppression.c.address).limit(limit))
    return [Suppression(*row) for row in rows]


def lift(connection: Connection, partner: str, address: str) -> bool:
    """Let an address get a partner's issues again; False where it was not suppressed."""
    lifted = delete(suppression).where(
        suppression.c.partner == partner, suppression.c.address == normal(address)
    )
    return connection.execute(lifted).rowcount == 1


def _same(one: str, other: str) -> bool:
    return normal(one) == normal(other)
