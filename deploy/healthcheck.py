"""Says by its exit status whether the process in this container works.

``web`` asks the service itself whether it is ready. A worker, the beat and the engine listen on
no port, so what they do to Redis and PostgreSQL tells: each speaks to them every few seconds
while its main loop turns, and its connections are known by this container's address.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from urllib.request import urlopen

RECENT = 20
"""Seconds without a word after which a process counts as hung."""

TIMEOUT = 4.0
"""Seconds that a server has for its answer."""

_QUERIES = """
SELECT count(*) FROM pg_stat_activity
WHERE client_addr = inet_client_addr() AND pid <> pg_backend_pid()
  AND query_start > now() - make_interval(secs => %s)
"""


def web() -> bool:
    """Tell whether the web service is ready: database reachable and migrated."""
    port = os.environ.get("PABAL_PORT", "8080")
    with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=TIMEOUT) as answer:
        return bool(answer.status == 200)


def worker() -> bool:
    """Tell whether the worker's main loop turns: it pings Redis on its control connection.

    That of a busy worker too, which fetches nothing while all its processes are at work.
    """
    return consumes(_own_connections())


def beat() -> bool:
    """Tell whether the beat sends: it rings each second."""
    return rings(_own_connections())


def engine() -> bool:
    """Tell whether the delivery engine's loop turns: it asks PostgreSQL for work."""
    import psycopg

    url = os.environ["PABAL_DATABASE_URL"]
    with psycopg.connect(url, connect_timeout=int(TIMEOUT)) as connection:
        row = connection.execute(_QUERIES, [RECENT]).fetchone()
    return row is not None and row[0] > 0


def consumes(connections: Iterable[Mapping[str, str]]) -> bool:
    """Tell whether a connection that is subscribed was heard of just now."""
    return any(int(one["psub"]) > 0 and int(one["idle"]) <= RECENT for one in connections)


def rings(connections: Iterable[Mapping[str, str]]) -> bool:
    """Tell whether a connection has put something on a queue just now."""
    return any(one["cmd"] == "lpush" and int(one["idle"]) <= RECENT for one in connections)


def _own_connections() -> list[Mapping[str, str]]:
    """Return Redis' view of this container's connections, but for the one that asks."""
    from redis import Redis

    with Redis.from_url(
        os.environ["PABAL_BROKER_URL"], socket_timeout=TIMEOUT, decode_responses=True
    ) as redis:
        me = redis.client_info()
        everyone = redis.client_list()
    return [one for one in everyone if _host(one) == _host(me) and one["id"] != str(me["id"])]


def _host(connection: Mapping[str, object]) -> str:
    return str(connection["addr"]).rpartition(":")[0]


CHECKS: Mapping[str, Callable[[], bool]] = {
    "web": web,
    "worker": worker,
    "beat": beat,
    "engine": engine,
}

if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]]() else 1)
