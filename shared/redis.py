"""Redis as a cache: one bounded, quickly failing client a process."""

from functools import lru_cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shared.broker import redis_url

AWAY = (RedisError, OSError)
"""What is raised when Redis is away; every caller must be able to do without it."""


@lru_cache(maxsize=1)
def redis() -> Redis:
    """Return this process's client; a Redis that does not answer costs at most a second."""
    return Redis.from_url(
        redis_url(),
        socket_timeout=1,
        socket_connect_timeout=1,
        health_check_interval=5,
        max_connections=50,
        retry=Retry(NoBackoff(), 1),
    )
