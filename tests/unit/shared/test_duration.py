"""Durations as people write them."""

import pytest

from shared.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("0.5s", 0.5),
     (" 1.5 h ", 5400)],
)  # fmt: skip
def test_a_number_and_a_unit_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "m", "-1s", "5 minutes", "1h30m", "1,5s", "5M", ".5s", "inf"]
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration: write a number and s, m, h or d"):
        parse_duration(text)
