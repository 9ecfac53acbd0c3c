"""The ledger of mail in PostgreSQL: what is owed to whom, and what became of it.

A token is kept twice: hashed, to find the address that a link unsubscribes, and encrypted, to
write the same link whenever a mail is sent again. So who reads the database opens no link.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.feeds.mail.decision import MailState, Settled
from services.feeds.mail.message import message_id
from services.feeds.mail.suppressions import suppressed
from shared.crypto import encrypt
from shared.db.feeds import digest, mail
from shared.db.notify import partner
from shared.errors import NotFound
from shared.ids import new_token
from shared.keys import hash_secret
from shared.mail import normal

BATCH = 50
"""Mails claimed at once, and sent over one connection."""

LEASE = timedelta(minutes=5)
"""For how long a claim holds: longer than a run lasts."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A mail that is claimed; ``attempts`` counts this one, and guards the record of it.

    ``earlier`` of them were made before it was last put back by hand, at ``resent_at``. ``token``
    is encrypted.
    """

    digest_id: str
    address: str
    attempts: int
    message_id: str
    token: bytes
    earlier: int
    resent_at: datetime | None

    @property
    def tries(self) -> int:
        """Count the attempts since it was last put back, this one included."""
        return self.attempts - self.earlier


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as the API shows it."""

    address: str
    state: MailState
    attempts: int
    next_at: datetime | None
    error: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unsubscriber:
    """Whom a link unsubscribes, from which partner's digests, in which language."""

    partner: str
    name: str
    language: str
    address: str


def owe(
    connection: Connection,
    digest_id: str,
    partner_id: str,
    addresses: Iterable[str],
    *,
    host: str,
    now: datetime,
) -> None:
    """Owe an issue to addresses, each once, in the transaction that settles the issue.

    A suppressed address gets a row that says why, and no mail.
    """
    distinct = {normal(address): address for address in addresses}
    if not distinct:
        return
    barred = suppressed(connection, partner_id, distinct)
    rows = []
    for key, address in distinct.items():
        token, reason = new_token(), barred.get(key)
        rows.append(
            {
                "digest_id": digest_id,
                "address": address,
                "state": MailState.PENDING if reason is None else MailState.SUPPRESSED,
                "next_at": now if reason is None else None,
                "error": reason,
                "message_id": message_id(digest_id, address, host),
                "token_hash": hash_secret(token),
                "token": encrypt(token) if reason is None else None,
            }
        )
    connection.execute(insert(mail), rows)


def anything_due(connection: Connection, now: datetime) -> bool:
    """Tell whether there is something to send."""
    first = select(mail.c.next_at).where(*_due(now)).order_by(mail.c.next_at).limit(1)
    return connection.scalar(first) is not None


def claim(connection: Connection, now: datetime, most: int = BATCH) -> list[Owed]:
    """Count an attempt at mails that are due, before it is made, and hold them for a while.

    Whoever dies meanwhile leaves them to be claimed again when the lease is over.
    """
    due = (
        select(mail.c.digest_id, mail.c.address)
        .where(*_due(now))
        .order_by(mail.c.next_at, mail.c.digest_id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(mail)
        .where(mail.c.digest_id == due.c.digest_id, mail.c.address == due.c.address)
        .values(attempts=mail.c.attempts + 1, next_at=now + LEASE)
        .returning(mail.c.digest_id, mail.c.address, mail.c.attempts, mail.c.message_id,
                   mail.c.token, mail.c.earlier, mail.c.resent_at)
    )  # fmt: skip
    rows = connection.execute(claimed).all()
    owed = [
        Owed(
            row.digest_id,
            row.address,
            row.attempts,
            row.message_id,
            bytes(row.token),
            row.earlier,
            row.resent_at,
        )
        for row in rows
    ]
    return sorted(owed, key=lambda one: (one.digest_id, one.address))


def record(connection: Connection, owed: Owed, settled: Settled, now: datetime) -> bool:
    """Write what became of an attempt; False where another one has been claimed since.

    ``sent_at`` stays, where the mail had been taken before it was put back by hand.
    """
    written = (
        update(mail)
        .where(*_is_held(owed))
        .values(
            state=settled.state,
            next_at=settled.next_at,
            error=settled.error,
            sent_at=now if settled.state is MailState.SENT else mail.c.sent_at,
        )
    )
    return connection.execute(written).rowcount == 1


def give_back(connection: Connection, owed: Sequence[Owed], now: datetime) -> None:
    """Let go of mails that were claimed and not tried."""
    for one in owed:
        returned = update(mail).where(*_is_held(one))
        before = one.attempts - 1
        # Somebody may have put it back meanwhile, and counted this attempt as an earlier one.
        earlier = func.least(mail.c.earlier, before)
        connection.execute(returned.values(attempts=before, earlier=earlier, next_at=now))


def unsubscriber(connection: Connection, token: str) -> Unsubscriber:
    """Return whom a link unsubscribes.

    Raises ``NotFound`` for an unknown link, or where the partner is there no more.
    """
    its_partner = (partner.c.id == digest.c.partner) & (partner.c.created_at <= digest.c.created_at)
    query = (
        select(partner.c.id, partner.c.name, partner.c.language, mail.c.address)
        .select_from(mail)
        .join(digest, digest.c.id == mail.c.digest_id)
        .join(partner, its_partner)
        .where(mail.c.token_hash == hash_secret(token))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("nothing is here")
    return Unsubscriber(*row)


def of_digests(connection: Connection, ids: Sequence[str]) -> dict[str, list[Shown]]:
    """Return the mails of issues, by issue."""
    query = select(
        mail.c.digest_id, mail.c.address, mail.c.state, mail.c.attempts, mail.c.next_at,
        mail.c.error, mail.c.sent_at,
    ).where(mail.c.digest_id.in_(list(ids))).order_by(mail.c.digest_id, mail.c.address)  # fmt: skip
    found: dict[str, list[Shown]] = {id: [] for id in ids}
    for id, address, state, *rest in connection.execute(query):
        found[id].append(Shown(address, MailState(state), *rest))
    return found


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (mail.c.state == MailState.PENDING, mail.c.next_at <= now)


def _is_held(owed: Owed) -> tuple[ColumnElement[bool], ...]:
    return (
        mail.c.digest_id == owed.digest_id,
        mail.c.address == owed.address,
        mail.c.state == MailState.PENDING,
        mail.c.attempts == owed.attempts,
    )
