"""Redis as a cache: one bounded, quickly failing client a process."""

import time
from collections.abc import Callable
from functools import lru_cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Broken
from redis.exceptions import RedisError
from redis.retry import Retry

from shared.broker import redis_url

AWAY = (RedisError, OSError)
"""What is raised when Redis is away; every caller must be able to do without it."""

AWAY_SECONDS = 5.0
"""For which a Redis that was away is not asked again."""


class Breaker:
    """Knows for a while that Redis is away, so that not every request waits for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away = False
        self._ask_again = 0.0

    def admits(self) -> bool:
        """Tell whether Redis may be asked: while it is away, only by one in a while.

        Whoever comes while that one asks does not wait for the same answer.
        """
        if not self._away:
            return True
        now = self._clock()
        if now < self._ask_again:
            return False
        self._ask_again = now + AWAY_SECONDS
        return True

    def failed(self) -> bool:
        """Note that Redis is away; tell whether that is news."""
        news, self._away = not self._away, True
        self._ask_again = self._clock() + AWAY_SECONDS
        return news

    def answered(self) -> None:
        """Note that Redis is there."""
        self._away = False


@lru_cache(maxsize=1)
def redis() -> Redis:
    """Return this process's client; a Redis that does not answer costs at most a second."""
    return Redis.from_url(
        redis_url(),
        socket_timeout=1,
        socket_connect_timeout=1,
        health_check_interval=5,
        max_connections=50,
        # A connection that broke is made anew. One that is silent is not: each layer that tries
        # again would wait a second more.
        retry=Retry(NoBackoff(), 1, supported_errors=(Broken,)),
    )
