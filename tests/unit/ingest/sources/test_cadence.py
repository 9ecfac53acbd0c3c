"""When a source is looked at again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources.cadence import (
    FIRST,
    LONGEST,
    SHORTEST,
    adapted,
    after_failure,
    after_success,
    max_age,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAITS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400))


def test_news_shortens_the_interval_and_silence_lengthens_it() -> None:
    assert adapted(timedelta(hours=1), changed=True) == timedelta(minutes=30)
    assert adapted(timedelta(hours=1), changed=False) == timedelta(minutes=90)
    busy, silent = FIRST, FIRST
    for _ in range(20):
        busy, silent = adapted(busy, changed=True), adapted(silent, changed=False)
    assert (busy, silent) == (SHORTEST, LONGEST)


@given(WAITS, WAITS, st.floats(0, 1))
def test_a_poll_lies_between_five_minutes_and_a_day_and_respects_what_is_asked(
    interval: timedelta, asked: timedelta, jitter: float
) -> None:
    wait = after_success(NOW, interval, asked, jitter) - NOW
    assert SHORTEST <= wait <= LONGEST * 1.1
    assert wait >= min(asked, LONGEST)


@given(WAITS, st.integers(1, 10**6), st.none() | WAITS, st.floats(0, 1))
def test_failures_double_the_wait_up_to_a_day(
    interval: timedelta, failures: int, asked: timedelta | None, jitter: float
) -> None:
    wait = after_failure(NOW, interval, failures, asked, jitter) - NOW
    assert SHORTEST <= wait <= LONGEST * 1.1
    if asked is not None:
        assert wait >= min(asked, LONGEST)


def test_the_first_failure_waits_one_interval_the_second_two() -> None:
    waits = [after_failure(NOW, FIRST, failures, None, 0) - NOW for failures in (1, 2, 3)]
    assert waits == [FIRST, FIRST * 2, FIRST * 4]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("no-cache", 0),
        ("max-age=60", 60),
        ("public, MAX-AGE = 60", 60),
        ('private,max-age="60"', 60),
        ("s-maxage=60", 0),
        ("x-max-age=60", 0),
        ("max-age=soon", 0),
    ],
)
def test_how_long_an_answer_is_fresh(header: str | None, seconds: int) -> None:
    assert max_age(header) == timedelta(seconds=seconds)
