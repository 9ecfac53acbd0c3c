"""How long a dead child stays dead (pure)."""

LONGEST_DELAY = 5.0
FIRST_DELAY = 0.25
SETTLED_AFTER = 10.0


def restart_delay(deaths: int) -> float:
    """Return the seconds to wait before a restart.

    Args:
        deaths: How many deaths came in a row, this one included; at least 1.

    Returns:
        Nothing after the first death, then 0.25 s, doubling up to 5 s.
    """
    if deaths <= 1:
        return 0.0
    doublings = min(deaths - 2, 10)
    return min(FIRST_DELAY * 2.0**doublings, LONGEST_DELAY)


def deaths_in_a_row(before: int, lived: float) -> int:
    """Count a death; a child that lived for 10 seconds has begun anew.

    Args:
        before: The deaths in a row until now.
        lived: How many seconds the child lived this time.
    """
    return 1 if lived >= SETTLED_AFTER else before + 1
