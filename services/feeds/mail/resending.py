"""Put an issue's mails back by hand: the same rows, the same Message-ID, the same links."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from services.feeds import readers
from services.feeds.digest import store
from services.feeds.mail import ledger
from services.feeds.mail.decision import UNWANTED, MailState
from services.feeds.mail.ledger import Shown
from services.feeds.mail.suppressions import suppressed
from services.feeds.readers import Reader
from shared.crypto import encrypt
from shared.db.engine import transaction
from shared.db.feeds import mail
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_token
from shared.keys import hash_secret
from shared.mail import normal
from shared.schema.digest import DigestState

AGAIN = "to be sent again, as was asked for by hand"


def resend(partner: str, digest_id: str, to: str | None, now: datetime) -> list[Shown]:
    """Owe an issue's mails again, or the one to an address; return those as they stand then.

    An address that gets none is told with its reason, and stays without. Raises ``NotFound``,
    ``Conflict`` where nothing was sent or to nobody, ``Invalid`` for an address that is not the
    issue's.
    """
    with transaction() as connection:
        reader = readers.by_id(connection, partner)
        issue = store.get(connection, reader, digest_id)
        if issue is None:
            raise NotFound(f"there is no digest {digest_id!r}")
        if issue.state is not DigestState.SENT:
            raise Conflict(f"the digest is {issue.state}: it has no mail")
        rows = _chosen(connection, digest_id, to)
        reasons = _reasons(connection, reader, rows)
        for row in rows:
            _put_back(connection, row, reasons.get(normal(row.address)), now)
        chosen = {row.address for row in rows}
        shown = ledger.of_digests(connection, [digest_id])[digest_id]
    return [one for one in shown if one.address in chosen]


def _chosen(connection: Connection, digest_id: str, to: str | None) -> list[Row[Any]]:
    """Return the rows that are meant, each locked against a claim."""
    query = select(mail).where(mail.c.digest_id == digest_id).order_by(mail.c.address)
    rows = connection.execute(query.with_for_update()).all()
    if to is None:
        if not rows:
            raise Conflict("the digest was mailed to nobody: its partner named no address then")
        return list(rows)
    chosen = [row for row in rows if normal(row.address) == normal(to)]
    if not chosen:
        raise Invalid("check: to", [FieldError("to", "must be an address of this digest", to)])
    return chosen


def _reasons(connection: Connection, reader: Reader, rows: list[Row[Any]]) -> dict[str, str]:
    """Return why some of the addresses get no mail, by normal form."""
    named = {normal(address) for address in reader.schedule.email}
    asked = [normal(row.address) for row in rows]
    barred = suppressed(connection, reader.id, asked)
    return {key: UNWANTED for key in asked if key not in named} | barred


def _put_back(connection: Connection, row: Row[Any], reason: str | None, now: datetime) -> None:
    """Owe one mail again, with as many attempts as at first.

    One that waits already may be on its way: it goes no sooner than a claim could last.
    """
    its_own = (mail.c.digest_id == row.digest_id, mail.c.address == row.address)
    if reason is not None:
        stopped = {"state": MailState.SUPPRESSED, "next_at": None, "error": reason}
        connection.execute(update(mail).where(*its_own).values(stopped))
        return
    waits = row.state == MailState.PENDING
    values = {
        "state": MailState.PENDING,
        "next_at": func.least(mail.c.next_at, now + ledger.LEASE) if waits else now,
        "error": AGAIN,
        "earlier": mail.c.attempts,
        "resent_at": now,
        **({} if row.token else _new_link()),
    }
    connection.execute(update(mail).where(*its_own).values(values))


def _new_link() -> dict[str, Any]:
    """Return what is kept of a link, for a mail that was never owed."""
    token = new_token()
    return {"token_hash": hash_secret(token), "token": encrypt(token)}
