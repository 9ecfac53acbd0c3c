"""Rate limits: counted once for all, and never waited for."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from redis import exceptions as redis_errors

from shared.redis import AWAY_SECONDS
from shared.web.limit import Limiter


class Counter(MovingWindowRateLimiter):
    """Counts in memory, unless it is to fail; knows how often it was asked."""

    def __init__(self) -> None:
        super().__init__(MemoryStorage())
        self.fault: Exception | None = None
        self.asked = 0
        self.gate: threading.Event | None = None

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        self.asked += 1
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.fault is not None:
            raise self.fault
        return super().hit(item, *identifiers, cost=cost)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shared() -> Counter:
    return Counter()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(shared: Counter, clock: Clock) -> Limiter:
    return Limiter(3, shared, Counter(), clock)


def test_a_key_has_its_own_count(limiter: Limiter) -> None:
    assert [limiter.admits("a") for _ in range(5)] == [True] * 3 + [False] * 2
    assert limiter.admits("b")


@pytest.mark.parametrize(
    "fault", [redis_errors.ConnectionError(), redis_errors.TimeoutError(), OSError()]
)
def test_while_redis_is_away_the_process_counts(
    limiter: Limiter, shared: Counter, fault: Exception
) -> None:
    shared.fault = fault
    assert [limiter.admits("a") for _ in range(5)] == [True] * 3 + [False] * 2


def test_redis_is_asked_again_after_a_while_and_not_before(
    limiter: Limiter, shared: Counter, clock: Clock
) -> None:
    shared.fault = redis_errors.TimeoutError()
    limiter.admits("a")
    shared.fault, shared.asked = None, 0
    clock.now += AWAY_SECONDS - 0.1
    limiter.admits("a")
    assert shared.asked == 0
    clock.now += 0.2
    for _ in range(3):
        limiter.admits("a")
    assert shared.asked == 3


def test_while_redis_is_away_only_one_asks_whether_it_is_back(
    limiter: Limiter, shared: Counter, clock: Clock
) -> None:
    shared.fault = redis_errors.TimeoutError()
    limiter.admits("a")
    clock.now += AWAY_SECONDS
    shared.gate, shared.asked = threading.Event(), 0
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(limiter.admits, "a")
        while not shared.asked:
            assert not asking.done()
        assert limiter.admits("b")
        shared.gate.set()
        assert asking.result(10)
    assert shared.asked == 1


def test_what_is_no_fault_of_redis_is_raised(limiter: Limiter, shared: Counter) -> None:
    shared.fault = KeyError()
    with pytest.raises(KeyError):
        limiter.admits("a")
