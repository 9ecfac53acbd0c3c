"""Mail the previews that were asked for: as any mail, but of no list, and marked as a test."""

import time
from collections.abc import Callable
from datetime import datetime

import structlog

from services.feeds import readers
from services.feeds.digest.issue import preview
from services.feeds.digest.words import words_for
from services.feeds.mail import message, samples
from services.feeds.mail.decision import (
    MailState,
    Reply,
    Settled,
    Standing,
    Step,
    decide,
    hindrance,
)
from services.feeds.mail.message import Mail
from services.feeds.mail.samples import Sample
from services.feeds.mail.session import Session
from shared import mail
from shared.db.engine import snapshot, transaction
from shared.settings import settings

_log = structlog.get_logger(__name__)


def send_due(session: Session, clock: Callable[[], datetime], until: float) -> int:
    """Send what is due, until a moment of the monotonic clock; return how many were settled.

    Where the server cannot be reached, one attempt has told so for all.
    """
    done, reachable = 0, True
    while reachable and time.monotonic() < until:
        with transaction() as connection:
            claimed = samples.claim(connection, clock())
        if claimed is None:
            break
        settled, reachable = _settle(session, claimed, clock)
        with transaction() as connection:
            samples.record(connection, claimed, settled, clock())
        _log.info("test settled", sample_id=claimed.id, state=settled.state)
        done += 1
    return done


def _settle(
    session: Session, claimed: Sample, clock: Callable[[], datetime]
) -> tuple[Settled, bool]:
    """Send one; return what follows, and whether the server could be reached."""
    standing = Standing(claimed.attempts, claimed.created_at, wanted=True, suppressed=None)
    hindered = hindrance(standing, clock())
    if hindered is not None:
        return hindered, True
    try:
        composed = _composed(claimed, clock())
    except Exception as error:  # noqa: BLE001  # whatever it was, it is kept as the reason
        _log.exception("test not composed", sample_id=claimed.id)
        return Settled(MailState.FAILED, f"{type(error).__name__}: {error}"[:500]), True
    reply = _send(session, composed)
    settled = decide(reply, claimed.attempts, clock())
    return settled, reply is None or reply.step is not Step.CONNECT


def _send(session: Session, composed: Mail) -> Reply | None:
    return session.send(composed.sender.address, composed.recipient, message.write(composed))


def _composed(claimed: Sample, now: datetime) -> Mail:
    with snapshot() as connection:
        reader = readers.by_id(connection, claimed.partner)
        issue, _ = preview(connection, reader, now)
    words = words_for(reader.language)
    return Mail(
        sender=settings().sender,
        recipient=mail.address(claimed.address),
        subject=words.test.format(subject=issue.subject),
        text=issue.text,
        html=issue.html,
        language=words.language,
        date=claimed.created_at,
        message_id=message.message_id(claimed.id, claimed.address, settings().public_host),
        listed=None,
    )
