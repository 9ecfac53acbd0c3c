import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.embedded.backoff import LONGEST_DELAY, deaths_in_a_row, restart_delay


@pytest.mark.parametrize(
    ("deaths", "delay"),
    [(1, 0.0), (2, 0.25), (3, 0.5), (4, 1.0), (5, 2.0), (6, 4.0), (7, 5.0), (1000, 5.0)],
)
def test_first_restart_is_at_once_and_later_ones_wait_longer(deaths: int, delay: float) -> None:
    assert restart_delay(deaths) == delay


@given(st.integers(min_value=1, max_value=10**9))
def test_delay_never_shrinks_nor_exceeds_its_bound(deaths: int) -> None:
    assert restart_delay(deaths) <= restart_delay(deaths + 1) <= LONGEST_DELAY


@pytest.mark.parametrize(
    ("before", "lived", "after"),
    [(0, 0.1, 1), (1, 9.9, 2), (6, 0.0, 7), (6, 10.0, 1), (6, 3600.0, 1)],
)
def test_a_child_that_lived_a_while_has_begun_anew(before: int, lived: float, after: int) -> None:
    assert deaths_in_a_row(before, lived) == after
