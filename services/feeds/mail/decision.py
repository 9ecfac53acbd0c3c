"""What follows from how a mail was answered. Pure.

A temporary failure is tried again after the next wait. A permanent refusal of the address
suppresses it: no further issue is sent there. A permanent refusal of the message, or of us, fails
this mail alone.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""The waits after each failed attempt but the last."""

KEPT = timedelta(days=3)
"""For how long a mail may be owed when it is sent, such as after a time without ``SMTP_URL``."""

UNSUBSCRIBED = "unsubscribed"
UNWANTED = "the partner does not name this address any more"
_PERMANENT = 500
# Authentication is missing, or commands came out of order: that says nothing of the address.
_OF_US = frozenset({503, 530, 535, 538})
# Storage is used up.
_FULL = 552
_ENHANCED = re.compile(r"5\.(\d{1,3}\.\d{1,3})\b")
# Policy, such as "relaying denied" (RFC 3463, section 3.8); a full mailbox (section 3.3).
_NOT_FOR_GOOD = re.compile(r"7\.\d+|2\.2")


class MailState(StrEnum):
    """Where a mail stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Step(StrEnum):
    """How far a dialogue had come when it ended (RFC 5321, section 3)."""

    CONNECT = "connect"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt ended that was not accepted; without a code where nobody answered."""

    step: Step
    code: int | None
    text: str

    def __str__(self) -> str:
        said = self.text if self.code is None else f"{self.code} {self.text}".rstrip()
        return f"{self.step}: {said}"


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a mail; ``suppress`` is why its address gets none from now on."""

    state: MailState
    error: str | None = None
    next_at: datetime | None = None
    suppress: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a mail just before it is sent.

    ``tries`` counts the attempts since it was owed, at ``owed_at``: the one to come too.
    """

    tries: int
    owed_at: datetime
    wanted: bool
    suppressed: str | None


def hindrance(standing: Standing, now: datetime) -> Settled | None:
    """Return what becomes of a mail that must not be sent any more; None where it may."""
    if standing.suppressed is not None:
        return Settled(MailState.SUPPRESSED, standing.suppressed)
    if not standing.wanted:
        return Settled(MailState.SUPPRESSED, UNWANTED)
    if standing.tries > len(WAITS) + 1:
        return Settled(MailState.FAILED, "every attempt was cut short")
    if now - standing.owed_at > KEPT:
        return Settled(MailState.FAILED, f"not sent within {KEPT.days} days")
    return None


def decide(reply: Reply | None, tries: int, now: datetime) -> Settled:
    """Return what follows from an attempt, the ``tries``-th; None says that it was accepted."""
    if reply is None:
        return Settled(MailState.SENT)
    if _is_permanent(reply):
        suppress = f"refused: {reply}" if _is_of_the_address(reply) else None
        return Settled(MailState.FAILED, str(reply), suppress=suppress)
    if tries > len(WAITS):
        return Settled(MailState.FAILED, str(reply))
    return Settled(MailState.PENDING, str(reply), next_at=now + WAITS[tries - 1])


def _is_permanent(reply: Reply) -> bool:
    """Tell whether the message will never be taken; a session that fails may be mended."""
    return reply.step is not Step.CONNECT and reply.code is not None and reply.code >= _PERMANENT


def _is_of_the_address(reply: Reply) -> bool:
    if reply.step is not Step.RCPT or reply.code in _OF_US:
        return False
    enhanced = _ENHANCED.match(reply.text)
    if enhanced is None:
        return reply.code != _FULL
    return _NOT_FOR_GOOD.fullmatch(enhanced[1]) is None
