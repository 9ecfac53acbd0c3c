"""Send the mails that are due: claim, check again, send outside any transaction, record.

A mail's attempt is counted when it is claimed. Whoever dies before the server has taken the mail
leaves it to be sent when the lease is over; whoever dies between that and the record lets the same
bytes go out once more, under the same Message-ID: between a server and a database nobody can
commit at once (RFC 5321, section 4.1.1.4, has the server answer for it only after it answered).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

import structlog
from sqlalchemy import func, select

from services.feeds.mail import ledger, message, samples, sampling
from services.feeds.mail.bodies import Body, load
from services.feeds.mail.decision import (
    MailState,
    Reply,
    Settled,
    Standing,
    Step,
    decide,
    hindrance,
)
from services.feeds.mail.ledger import Owed
from services.feeds.mail.message import Listed, Mail
from services.feeds.mail.session import Session
from services.feeds.mail.suppressions import suppress
from shared import mail
from shared.clock import utc_now
from shared.crypto import NoSecretKey, decrypt
from shared.db.engine import snapshot, statement, transaction
from shared.settings import settings

RUNS = 2
"""Runs at once, over all processes: a server that hangs holds no more of the workers."""

RUN_SECONDS = 120.0
"""After which a run sends no further mail: the next ring goes on."""

_LOCK = 0x7061_6203
_log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def anything_due(now: datetime) -> bool:
    """Tell whether there is mail to send, and a server to send it."""
    if settings().mail_server is None:
        return False
    with snapshot() as connection:
        return ledger.anything_due(connection, now) or samples.anything_due(connection, now)


def send_due(clock: Clock = utc_now) -> int:
    """Send what is due, tests first; return how many mails were settled, tried or not.

    Without ``SMTP_URL`` mail is kept as it is.
    """
    server = settings().mail_server
    if server is None or not anything_due(clock()):
        return 0
    with _turn() as ours:
        if not ours:
            return 0
        with closing(Session(server, settings().public_host)) as session:
            until = time.monotonic() + RUN_SECONDS
            return sampling.send_due(session, clock, until) + _run(session, clock, until)


def _run(session: Session, clock: Clock, until: float) -> int:
    settled = 0
    while time.monotonic() < until:
        with transaction() as connection:
            claimed = ledger.claim(connection, clock())
        if not claimed:
            break
        settled += _send_batch(session, claimed, clock, until)
    return settled


def _send_batch(session: Session, claimed: list[Owed], clock: Clock, until: float) -> int:
    """Send what was claimed; give back what there is no time for."""
    bodies: dict[str, Body | None] = {}
    unreachable: Reply | None = None
    for done, owed in enumerate(claimed):
        if time.monotonic() > until:
            with transaction() as connection:
                ledger.give_back(connection, claimed[done:], clock())
            return done
        if owed.digest_id not in bodies:
            # One at a time: they are large.
            with snapshot() as connection:
                bodies = {owed.digest_id: load(connection, owed.digest_id)}
        body = bodies[owed.digest_id]
        settled = _hindrance(owed, body, clock())
        if settled is None:
            assert body is not None
            reply = unreachable or _send(session, owed, body)
            if reply is not None and reply.step is Step.CONNECT:
                unreachable = reply
            settled = decide(reply, owed.tries, clock())
        _record(owed, body, settled, clock())
    return len(claimed)


def _hindrance(owed: Owed, body: Body | None, now: datetime) -> Settled | None:
    if body is None:
        return Settled(MailState.SUPPRESSED, "the partner is there no more")
    key = mail.normal(owed.address)
    standing = Standing(
        tries=owed.tries,
        owed_at=owed.resent_at or body.issued_at,
        wanted=key in body.wanted,
        suppressed=body.suppressed.get(key),
    )
    try:
        mail.address(owed.address)
    except ValueError as error:
        return Settled(MailState.FAILED, str(error))
    return hindrance(standing, now)


def _send(session: Session, owed: Owed, body: Body) -> Reply | None:
    try:
        token = decrypt(owed.token)
    except NoSecretKey as error:
        return Reply(Step.MAIL, None, str(error))
    composed = _mail(owed, body, token)
    return session.send(composed.sender.address, composed.recipient, message.write(composed))


def _mail(owed: Owed, body: Body, token: str) -> Mail:
    """Return a mail as it is written: the same for the same ledger and settings."""
    link = f"/u/{token}"
    return Mail(
        sender=settings().sender,
        recipient=mail.address(owed.address),
        subject=body.written.subject,
        text=body.written.text.replace(body.placeholder, link),
        html=body.written.html.replace(body.placeholder, link),
        language=body.language,
        date=body.issued_at,
        message_id=owed.message_id,
        listed=Listed(
            message.list_id(body.partner, settings().public_host), settings().base_url + link
        ),
    )


def _record(owed: Owed, body: Body | None, settled: Settled, now: datetime) -> None:
    with transaction() as connection:
        recorded = ledger.record(connection, owed, settled, now)
        if settled.suppress is not None and body is not None:
            suppress(connection, body.partner, owed.address, settled.suppress, now)
    _log.info(
        "mail settled" if recorded else "mail settled by another",
        digest_id=owed.digest_id,
        message_id=owed.message_id,
        state=settled.state,
        attempt=owed.attempts,
    )


@contextmanager
def _turn() -> Iterator[bool]:
    """Be one of the runs that may go on at once; False where there are enough."""
    with statement() as connection:
        for place in range(RUNS):
            if connection.scalar(select(func.pg_try_advisory_lock(_LOCK, place))):
                try:
                    yield True
                finally:
                    connection.execute(select(func.pg_advisory_unlock(_LOCK, place)))
                return
        yield False
