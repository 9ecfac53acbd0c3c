"""The doorbell: rings soon, not for each post, and stops when it is told to."""

import time
from itertools import pairwise
from threading import Event

import pytest

from services.ingest.doorbell import PAUSE, Doorbell
from tests.support.polling import until


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times: list[float] = []
    monkeypatch.setattr("shared.broker.ring", lambda _: times.append(time.monotonic()))
    return times


def test_many_rings_become_few_and_none_is_lost(rung: list[float]) -> None:
    bell = Doorbell()
    bell.start()
    began = time.monotonic()
    while len(rung) < 3:
        bell.ring()
    bell.ring()
    until(lambda: len(rung) >= 4, "the last ring")
    bell.close()
    assert rung[3] - began >= 3 * PAUSE
    assert all(later - earlier >= PAUSE for earlier, later in pairwise(rung))


def test_a_redis_that_is_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Event()

    def fail(_: str) -> None:
        heard.set()
        raise ConnectionError

    monkeypatch.setattr("shared.broker.ring", fail)
    bell = Doorbell()
    bell.start()
    for _ in range(2):
        heard.clear()
        bell.ring()
        assert heard.wait(5)
    bell.close()
    assert not bell._thread.is_alive()
