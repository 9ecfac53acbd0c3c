"""Lag: documents that follow, however far behind, and those that have stopped."""

from services.feeds.lag import PATIENCE, Lag


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_who_stands_still_is_behind_until_there_is_progress() -> None:
    clock = Clock()
    lag = Lag(clock)
    seen = []
    for passed, waiting in ((0, None), (9, 1), (PATIENCE, 1), (1, 1), (1, 2), (1, 2), (9, 3)):
        clock.now += passed
        lag.saw(waiting)
        seen.append(lag.behind)
    assert seen == [False, False, False, True, False, False, False]


def test_who_has_nothing_to_do_is_never_behind() -> None:
    clock = Clock()
    lag = Lag(clock)
    for _ in range(3):
        clock.now += 2 * PATIENCE
        lag.saw(None)
        assert not lag.behind
