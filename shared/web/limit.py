"""Rate limits: how many requests a second one key may make, over all web processes.

Redis counts. While it is away each process counts for itself, so that neither does a limit vanish
nor does a request wait: only one in a few seconds looks whether Redis is back.
"""

import threading
import time
from collections.abc import Callable
from functools import lru_cache

import structlog
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from shared.broker import redis_url
from shared.redis import AWAY, Breaker
from shared.settings import settings

ANSWER_SECONDS = 0.2
"""Within which Redis counts, or is away."""

_log = structlog.get_logger(__name__)


class Limiter:
    """Admits so many requests of a key in any second."""

    def __init__(
        self,
        per_second: int,
        shared: RateLimiter,
        own: RateLimiter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.per_second = per_second
        self._limit = RateLimitItemPerSecond(per_second)
        self._shared = shared
        self._own = own
        self._redis = Breaker(clock)
        self._one_by_one = threading.Lock()

    def admits(self, key_id: str) -> bool:
        """Count a request; tell whether it is within the limit."""
        if not self._redis.admits():
            return self._hit_own(key_id)
        try:
            admitted = self._shared.hit(self._limit, key_id)
        except AWAY as error:
            if self._redis.failed():
                _log.warning("requests are counted by process", error=type(error).__name__)
            return self._hit_own(key_id)
        self._redis.answered()
        return admitted

    def _hit_own(self, key_id: str) -> bool:
        # The storage in memory drops a key's lock while others wait for it.
        with self._one_by_one:
            return self._own.hit(self._limit, key_id)


@lru_cache(maxsize=1)
def limiter() -> Limiter | None:
    """Return this process's limiter, or None where there is no limit."""
    per_second = settings().rate_limit
    if per_second is None:
        return None
    pool = ConnectionPool.from_url(
        redis_url(),
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        # A connection that died since is made anew; an answer that is late is late.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
    shared = RedisStorage("redis://", connection_pool=pool, key_prefix="pabal:limit")
    return Limiter(
        per_second, MovingWindowRateLimiter(shared), MovingWindowRateLimiter(MemoryStorage())
    )
