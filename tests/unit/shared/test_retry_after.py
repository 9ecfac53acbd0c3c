"""How long a server asks to be left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.retry_after import LONGEST_HOLD, retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("0000000000120", timedelta(seconds=120)),
        ("86400", DAY),
        ("86401", DAY),
        ("9" * 5000, DAY),
        ("-1", None),
        ("1.5", None),
        ("１", None),
        ("", None),
        ("soon", None),
        ("Sun, 01 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sunday, 01-Mar-26 12:01:00 GMT", timedelta(minutes=1)),
        ("Sun Mar  1 12:01:00 2026", timedelta(minutes=1)),
        ("Sun, 01 Mar 2026 11:59:00 GMT", timedelta()),
        ("Tue, 03 Mar 2026 12:00:00 GMT", DAY),
        ("Sun, 32 Mar 2026 12:00:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, wait: timedelta | None) -> None:
    assert retry_after(value, NOW) == wait


WORDS = st.sampled_from(
    ["Sun,", "01", "Mar", "2026", "12:01:00", "GMT", "+2400", "-9999", "99999999999", "0001", ":"]
)


@given(st.text() | st.lists(WORDS, max_size=8).map(" ".join))
def test_whatever_a_server_says_is_a_wait_of_a_day_at_most_or_nothing(value: str) -> None:
    wait = retry_after(value, NOW)
    assert wait is None or timedelta() <= wait <= LONGEST_HOLD
