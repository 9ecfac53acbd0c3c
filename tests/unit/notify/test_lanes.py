"""How much of a lane may be in flight, and how fast it may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.lanes import Bucket, Lanes


def test_no_more_is_in_flight_than_the_endpoint_takes() -> None:
    lanes = Lanes()
    assert lanes.limit("a", 3, None, 0.0) == 3
    lanes.started("a", 2, 3)
    assert (lanes.limit("a", 3, None, 0.0), lanes.full()) == (1, [])
    lanes.started("a", 1, 3)
    assert (lanes.limit("a", 3, None, 0.0), lanes.full()) == (0, ["a"])
    lanes.finished("a")
    assert (lanes.limit("a", 3, None, 0.0), lanes.full(), lanes.in_flight("a")) == (1, [], 2)


def test_a_lane_whose_limit_sank_below_what_is_in_flight_takes_none() -> None:
    lanes = Lanes()
    lanes.started("a", 5, 8)
    assert lanes.limit("a", 2, None, 0.0) == 0


def test_a_paused_lane_takes_none_and_is_not_full() -> None:
    lanes = Lanes()
    assert lanes.limit("a", 0, None, 0.0) == 0
    lanes.started("a", 0, 0)
    assert lanes.full() == []


def test_lanes_do_not_touch_each_other() -> None:
    lanes = Lanes()
    lanes.started("a", 8, 8)
    assert lanes.limit("b", 8, None, 0.0) == 8
    assert lanes.in_flight("b") == 0


def test_a_lane_with_nothing_to_say_is_forgotten() -> None:
    lanes = Lanes()
    lanes.started("a", 1, 8)
    lanes.finished("a")
    assert lanes.known == {}
    lanes.started("b", 0, 8)
    assert lanes.known == {}


@pytest.mark.parametrize(("rate", "burst"), [(5.0, 5), (1.0, 1), (0.1, 1), (2.5, 2)])
def test_a_rate_admits_a_burst_of_one_seconds_worth(rate: float, burst: int) -> None:
    lanes = Lanes()
    assert lanes.limit("a", 100, rate, 0.0) == burst
    lanes.started("a", burst, 100)
    assert lanes.limit("a", 100, rate, 0.0) == 0


@pytest.mark.parametrize(("rate", "seconds"), [(5.0, 0.2), (0.1, 10.0)])
def test_the_wait_is_until_there_is_a_token_again(rate: float, seconds: float) -> None:
    lanes = Lanes()
    burst = lanes.limit("a", 100, rate, 0.0)
    assert lanes.wait("a", burst) == pytest.approx(seconds)
    lanes.started("a", burst, 100)
    assert lanes.limit("a", 100, rate, seconds + 0.001) == 1


def test_without_a_rate_and_with_tokens_left_there_is_no_wait() -> None:
    lanes = Lanes()
    assert lanes.wait("a", 5) is None
    lanes.limit("a", 100, 5.0, 0.0)
    assert lanes.wait("a", 0) is None


def test_an_idle_minute_saves_no_more_than_a_second() -> None:
    lanes = Lanes()
    lanes.limit("a", 100, 5.0, 0.0)
    lanes.started("a", 5, 100)
    assert lanes.limit("a", 100, 5.0, 60.0) == 5


def test_a_changed_rate_starts_anew_and_a_dropped_one_is_forgotten() -> None:
    lanes = Lanes()
    lanes.limit("a", 100, 5.0, 0.0)
    lanes.started("a", 5, 100)
    assert lanes.limit("a", 100, 50.0, 0.0) == 50
    assert lanes.limit("a", 100, None, 0.0) == 95
    assert lanes.wait("a", 0) is None


def test_the_smaller_of_both_limits_holds() -> None:
    lanes = Lanes()
    lanes.started("a", 1, 3)
    assert lanes.limit("a", 3, 100.0, 0.0) == 2


@given(
    st.floats(0.1, 1000),
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 50)), max_size=40),
)
def test_in_no_time_span_more_is_admitted_than_rate_and_burst(
    rate: float, steps: list[tuple[float, int]]
) -> None:
    bucket = Bucket(rate, max(rate, 1.0), 0.0)
    now, taken = 0.0, 0
    for pause, wanted in steps:
        now += pause
        count = min(wanted, bucket.available(now))
        bucket.take(count)
        taken += count
        assert taken <= max(rate, 1.0) + rate * now + 1e-6
