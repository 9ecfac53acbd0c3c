"""When a worker looks for due digests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.feeds.digest.watch import Watch

EIGHT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return EIGHT + timedelta(seconds=seconds)


def watched() -> tuple[list[datetime], Watch]:
    """Return a watch that settles one at each look, and the moments of its looks."""
    looked: list[datetime] = []

    def issue_due(now: datetime) -> int:
        looked.append(now)
        return 1

    return looked, Watch(issue_due)


def test_it_looks_once_in_each_minute_and_first_of_all_at_once() -> None:
    looked, watch = watched()
    seconds = (-19.6, -18.6, -0.1, 0.4, 1.4, 59.4, 60.4, 61.4)
    assert [watch.look(after(second)) for second in seconds] == [1, 0, 0, 1, 0, 0, 1, 0]
    assert looked == [after(-19.6), after(0.4), after(60.4)]


def test_a_clock_that_goes_back_is_followed() -> None:
    looked, watch = watched()
    for second in (0, -3600, -3599):
        watch.look(after(second))
    assert looked == [after(0), after(-3600)]


def test_a_look_that_failed_is_made_again() -> None:
    answers: Iterator[int | Exception] = iter([OSError("away"), 3])

    def issue_due(_now: datetime) -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    watch = Watch(issue_due)
    with pytest.raises(OSError, match="away"):
        watch.look(after(0))
    assert [watch.look(after(1)), watch.look(after(2))] == [3, 0]


def test_a_second_look_does_not_wait_for_the_first() -> None:
    inner: list[int] = []

    def issue_due(now: datetime) -> int:
        inner.append(watch.look(now + timedelta(minutes=1)))
        return 1

    watch = Watch(issue_due)
    assert watch.look(EIGHT) == 1
    assert inner == [0]
