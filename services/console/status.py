"""The hub's status: counts and ages, read from PostgreSQL and Redis at that moment."""

from typing import Any

from sqlalchemy import Connection, TextClause, text

from shared.broker import FEEDS, INGEST, NOTIFY, broker
from shared.db.engine import snapshot
from shared.redis import AWAY, redis
from shared.settings import settings

PING_SECONDS = 0.5
"""For how long workers may take to say that they are there."""

_OUTBOX = text("""
SELECT count(*) AS depth,
       coalesce(extract(epoch FROM now() - min(timestamp)), 0)::float8 AS age
FROM ingest.event WHERE sequence IS NULL AND sequenced
""")
# A service's undone work is the events between what it has reached and what is numbered.
_FEEDS = text("""
SELECT h.sequence - p.sequence AS depth,
       coalesce(extract(epoch FROM now() - e.timestamp), 0)::float8 AS age
FROM ingest.head h CROSS JOIN feeds.progress p
LEFT JOIN ingest.event e ON e.sequence = p.sequence + 1
""")
_NOTIFY = text("""
SELECT h.sequence - p.sequence AS depth,
       coalesce(extract(epoch FROM now() - e.timestamp), 0)::float8 AS age
FROM ingest.head h CROSS JOIN notify.progress p
LEFT JOIN ingest.event e ON e.sequence = p.sequence + 1
""")
_DUE = text("""
SELECT count(*) AS depth, coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8 AS age
FROM notify.delivery WHERE state = 'pending' AND due_at <= now()
""")
# What waits for a later attempt, or is held by a sender, is not due.
_MAIL = text("""
SELECT count(*) AS depth, coalesce(extract(epoch FROM now() - min(next_at)), 0)::float8 AS age
FROM (SELECT next_at FROM feeds.mail WHERE state = 'pending' AND next_at <= now()
      UNION ALL
      SELECT next_at FROM feeds.sample WHERE state = 'pending' AND next_at <= now()) AS due
""")
_BEAT = text("SELECT extract(epoch FROM now() - ticked_at)::float8 FROM ingest.head")
_ENGINES = text("SELECT id FROM notify.engine WHERE alive_until > now() ORDER BY id")
_COUNTS = {
    "deliveries": text("SELECT state, count(*) FROM notify.delivery GROUP BY state"),
    "mail": text("SELECT state, count(*) FROM feeds.mail GROUP BY state"),
    "endpoints": text("SELECT state, count(*) FROM notify.endpoint GROUP BY state"),
    "posts": text("SELECT state, count(*) FROM ingest.post WHERE revision > 0 GROUP BY state"),
}


def take() -> dict[str, Any]:
    """Return the status as the API shows it; ages in seconds."""
    with snapshot() as connection:
        outbox = _queue(connection, _OUTBOX)
        queues = {
            INGEST: outbox,
            FEEDS: _queue(connection, _FEEDS),
            NOTIFY: _queue(connection, _NOTIFY),
            "deliveries": _queue(connection, _DUE),
            "mail": _mail(connection),
        }
        counts = {name: _count(connection, query) for name, query in _COUNTS.items()}
        age = connection.scalar(_BEAT)
        engines = connection.scalars(_ENGINES).all()
    # A Redis that hangs costs seconds at each look: only one that answers is used for more.
    answer = _redis()
    return {
        "outbox": {"unrelayed": outbox["depth"], "oldest_age_s": outbox["oldest_age_s"]},
        "queues": queues,
        **counts,
        "workers": _workers() if answer == "ok" else [],
        "engines": list(engines),
        "beat": {"last_tick_age_s": age},
        "redis": answer,
    }


def _queue(connection: Connection, query: TextClause) -> dict[str, Any]:
    row = connection.execute(query).one()
    return {"depth": row.depth, "oldest_age_s": row.age if row.depth else 0.0}


def _mail(connection: Connection) -> dict[str, Any]:
    """Return the mail that is due; without a server none is: it is kept, as ``mail`` counts."""
    if settings().mail_server is None:
        return {"depth": 0, "oldest_age_s": 0.0}
    return _queue(connection, _MAIL)


def _count(connection: Connection, query: TextClause) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _workers() -> list[str]:
    try:
        answers = broker.control.ping(timeout=PING_SECONDS)
    except Exception:  # noqa: BLE001  # kombu has no one error for a broker that is away
        return []
    return sorted(name for answer in answers or () for name in answer)


def _redis() -> str:
    try:
        redis().ping()
    except AWAY:
        return "away"
    return "ok"
