"""Times: UTC inside, RFC 3339 at the edges."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import rfc3339, utc_now

KST = timezone(timedelta(hours=9))
# Two days from the ends, so that no zone leaves the calendar.
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones())


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 1, 9, tzinfo=UTC), "2026-03-01T09:00:00Z"),
        (datetime(2026, 3, 1, 9, tzinfo=KST), "2026-03-01T00:00:00Z"),
        (datetime(2026, 3, 1, 0, 0, 0, 5_999, tzinfo=UTC), "2026-03-01T00:00:00.005Z"),
        (datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC), "2026-03-01T00:00:00.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_moments_are_written_in_utc(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


@given(MOMENTS)
def test_a_written_moment_reads_back_to_the_millisecond(moment: datetime) -> None:
    difference = moment - datetime.fromisoformat(rfc3339(moment))
    assert timedelta() <= difference < timedelta(milliseconds=1)


def test_the_present_is_aware() -> None:
    assert utc_now().tzinfo is UTC
