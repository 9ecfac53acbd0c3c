"""Durations as people write them."""

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def parse_duration(text: str) -> float:
    """Return the seconds in ``"90s"``, ``"5m"``, ``"2h"`` or ``"1d"``.

    Raises ``ValueError`` naming the text where it is none of these.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a number and s, m, h or d, as in 5m")
    return float(match[1]) * _UNITS[match[2]]
