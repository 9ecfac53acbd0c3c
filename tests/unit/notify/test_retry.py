"""What follows an attempt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.retry import Decision, DeliveryState, decide
from services.notify.transport.outcome import ErrorCode, Outcome
from shared.retry_after import LONGEST_HOLD

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCHEDULE = (0.0, 5.0, 60.0)
DAY = timedelta(days=1)
PENDING, EXHAUSTED = DeliveryState.PENDING, DeliveryState.EXHAUSTED


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def answered(status: int, wait: str | None = None) -> Outcome:
    error = None if 200 <= status < 300 else ErrorCode.HTTP
    return Outcome(status, error, 10, "", wait)


def failed(code: ErrorCode) -> Outcome:
    return Outcome(None, code, 10, "", None)


@pytest.mark.parametrize(
    ("outcome", "number", "decision"),
    [
        (answered(200), 1, Decision(DeliveryState.DELIVERED)),
        (answered(204), 3, Decision(DeliveryState.DELIVERED)),
        (answered(500), 1, Decision(PENDING, after(5))),
        (answered(500), 2, Decision(PENDING, after(60))),
        (answered(500), 3, Decision(EXHAUSTED)),
        (answered(500), 4, Decision(EXHAUSTED)),
        (answered(302), 1, Decision(PENDING, after(5))),
        (answered(404), 1, Decision(PENDING, after(5))),
        (failed(ErrorCode.TIMEOUT), 1, Decision(PENDING, after(5))),
        (failed(ErrorCode.DNS), 3, Decision(EXHAUSTED)),
        (failed(ErrorCode.BLOCKED), 1, Decision(DeliveryState.BLOCKED)),
        (answered(410), 1,
         Decision(DeliveryState.HELD, disable="the endpoint answered 410 Gone")),
        (answered(410), 3,
         Decision(DeliveryState.HELD, disable="the endpoint answered 410 Gone")),
        (answered(429), 1, Decision(PENDING, after(5))),
        (answered(429, "1"), 1, Decision(PENDING, after(5), after(1))),
        (answered(429, "30"), 1, Decision(PENDING, after(30), after(30))),
        (answered(503, "30"), 2, Decision(PENDING, after(60), after(30))),
        (answered(503, "30"), 3, Decision(EXHAUSTED, hold_until=after(30))),
        (answered(503, "soon"), 1, Decision(PENDING, after(5))),
        (answered(500, "30"), 1, Decision(PENDING, after(5))),
        (answered(200, "30"), 1, Decision(DeliveryState.DELIVERED)),
    ],
)  # fmt: skip
def test_an_outcome_decides(outcome: Outcome, number: int, decision: Decision) -> None:
    assert decide(outcome, number, SCHEDULE, NOW, 0.0) == decision


@pytest.mark.parametrize(("jitter", "seconds"), [(-1, 48), (0, 60), (0.5, 66), (1, 72)])
def test_jitter_moves_a_wait_by_a_fifth_at_the_most(jitter: float, seconds: float) -> None:
    assert decide(answered(500), 2, SCHEDULE, NOW, jitter).due_at == after(seconds)


OUTCOMES = st.builds(
    answered, st.integers(100, 599), st.none() | st.integers(0, 200_000).map(str)
) | st.sampled_from([c for c in ErrorCode if c is not ErrorCode.HTTP]).map(failed)
SCHEDULES = st.lists(st.floats(0, 10**6), min_size=1, max_size=12)


@given(OUTCOMES, st.integers(1, 15), SCHEDULES, st.floats(-1, 1))
def test_every_decision_keeps_the_rules(
    outcome: Outcome, number: int, schedule: list[float], jitter: float
) -> None:
    decision = decide(outcome, number, schedule, NOW, jitter)
    assert (decision.state is DeliveryState.DELIVERED) == (outcome.error is None)
    assert (decision.due_at is not None) == (decision.state is PENDING)
    if decision.state is PENDING:
        assert number < len(schedule)
        assert decision.due_at is not None
        assert decision.due_at >= max(NOW, decision.hold_until or NOW)
    if decision.hold_until is not None:
        assert outcome.status in (429, 503)
        assert NOW <= decision.hold_until <= NOW + LONGEST_HOLD
    assert (decision.disable is not None) == (outcome.status == 410)


@given(SCHEDULES, st.floats(-1, 1))
def test_a_schedule_of_n_waits_is_n_attempts(schedule: list[float], jitter: float) -> None:
    states = [
        decide(failed(ErrorCode.RESET), number, schedule, NOW, jitter).state
        for number in range(1, len(schedule) + 1)
    ]
    assert states == [PENDING] * (len(schedule) - 1) + [EXHAUSTED]
