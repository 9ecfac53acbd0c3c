"""What follows an attempt. Pure: (outcome, attempt number, schedule, now, jitter) -> decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notify.transport.outcome import ErrorCode, Outcome
from shared.retry_after import retry_after

JITTER = 0.2
"""How far a wait is stretched or shortened at the most."""

_GONE = 410
_THROTTLED = (429, 503)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    HELD = "held"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Decision:
    """The delivery's next state; when to try again, how long the lane holds, why to disable."""

    state: DeliveryState
    due_at: datetime | None = None
    hold_until: datetime | None = None
    disable: str | None = None


def decide(
    outcome: Outcome, number: int, schedule: Sequence[float], now: datetime, jitter: float
) -> Decision:
    """Decide what follows attempt ``number`` (from 1); ``jitter`` lies in [-1, 1].

    A schedule of N waits is N attempts; its first entry is the wait before the first.
    """
    if outcome.error is None:
        return Decision(DeliveryState.DELIVERED)
    if outcome.error is ErrorCode.BLOCKED:
        return Decision(DeliveryState.BLOCKED)
    if outcome.status == _GONE:
        return Decision(DeliveryState.HELD, disable="the endpoint answered 410 Gone")
    hold_until = _hold(outcome, now)
    if number >= len(schedule):
        return Decision(DeliveryState.EXHAUSTED, hold_until=hold_until)
    due_at = now + timedelta(seconds=schedule[number] * (1 + JITTER * jitter))
    return Decision(DeliveryState.PENDING, max(due_at, hold_until or due_at), hold_until)


def _hold(outcome: Outcome, now: datetime) -> datetime | None:
    if outcome.status not in _THROTTLED:
        return None
    wait = retry_after(outcome.retry_after, now)
    return None if wait is None else now + wait
