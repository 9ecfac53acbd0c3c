"""What the engine asks of PostgreSQL: to live and to claim. Raw SQL, batch by batch.

Whoever holds a lane alone sends from it. The lease is the engine's own row: an engine that stops
renewing it loses all its lanes at once. The fence rises whenever a lane changes hands, so that a
late result of a former holder is refused.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

ALIVE = 4
"""Seconds that a lease lasts; it is renewed every third of it."""

MOST_LANES = 500
Connection = AsyncConnection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A lane that this engine holds and that may have something due."""

    endpoint: str
    fence: int
    max_in_flight: int
    rate: float | None
    active: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery to send now, with all that sending takes but the body."""

    id: int
    endpoint: str
    fence: int
    event: str
    withdrawal: bool
    number: int
    url: str
    secret: bytes
    previous_secret: bytes | None
    headers: bytes | None


_RENEW: LiteralString = """
INSERT INTO notify.engine (id, alive_until) VALUES (%(engine)s, now() + %(alive)s * interval '1 s')
ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until
"""
_RECLAIM: LiteralString = """
WITH dead AS (
    DELETE FROM notify.engine WHERE alive_until < now()
), orphaned AS (
    SELECT endpoint_id FROM notify.lane
    WHERE engine IS NOT NULL
      AND engine NOT IN (SELECT id FROM notify.engine WHERE alive_until >= now())
    ORDER BY endpoint_id FOR UPDATE SKIP LOCKED
)
UPDATE notify.lane l SET engine = NULL, due_at = now()
FROM orphaned WHERE l.endpoint_id = orphaned.endpoint_id
RETURNING l.endpoint_id
"""
_RESIGN: LiteralString = """
WITH lease AS (
    DELETE FROM notify.engine WHERE id = %(engine)s
), mine AS (
    SELECT endpoint_id FROM notify.lane WHERE engine = %(engine)s ORDER BY endpoint_id FOR UPDATE
)
UPDATE notify.lane l SET engine = NULL, due_at = now()
FROM mine WHERE l.endpoint_id = mine.endpoint_id
"""
# One at a time where order asks for it, and where the endpoint fails: it must not fill the engine.
_OFFERS: LiteralString = """
WITH due AS (
    SELECT endpoint_id FROM notify.lane
    WHERE due_at <= now() AND (engine IS NULL OR engine = %(engine)s)
      AND (hold_until IS NULL OR hold_until <= now())
      AND NOT endpoint_id = ANY(%(full)s)
    ORDER BY due_at LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)
UPDATE notify.lane l
SET engine = %(engine)s, due_at = NULL, hold_until = NULL,
    fence = l.fence + (l.engine IS DISTINCT FROM %(engine)s)::int,
    in_flight = CASE WHEN l.engine = %(engine)s THEN l.in_flight ELSE 0 END
FROM due JOIN notify.endpoint ep ON ep.id = due.endpoint_id
WHERE l.endpoint_id = due.endpoint_id
RETURNING l.endpoint_id AS endpoint, l.fence, ep.rate_per_second AS rate,
          ep.state = 'active' AS active,
          CASE WHEN ep.ordering = 'strict' OR ep.failing_since IS NOT NULL THEN 1
               ELSE ep.max_in_flight END AS max_in_flight
"""
# What became pending while the endpoint was being paused.
_HOLD: LiteralString = """
UPDATE notify.delivery d SET state = 'held'
FROM notify.lane l JOIN notify.endpoint ep ON ep.id = l.endpoint_id
WHERE l.endpoint_id = ANY(%(endpoints)s) AND ep.state <> 'active'
  AND d.endpoint_id = l.endpoint_id AND d.state = 'pending' AND d.claim IS DISTINCT FROM l.fence
"""
# A delivery goes only when nothing before it, of those it must follow, is still owed.
_CLAIM: LiteralString = """
UPDATE notify.delivery d SET claim = next.fence
FROM unnest(%(endpoints)s::text[], %(fences)s::bigint[], %(limits)s::int[])
     AS lane (endpoint_id, fence, most)
CROSS JOIN LATERAL (
    SELECT c.id, lane.fence FROM notify.delivery c
    WHERE c.endpoint_id = lane.endpoint_id AND c.state = 'pending' AND c.due_at <= now()
      AND c.claim IS DISTINCT FROM lane.fence
      AND NOT EXISTS (
          SELECT FROM notify.delivery b
          WHERE b.endpoint_id = c.endpoint_id AND b.state = 'pending'
            AND b.order_key = c.order_key AND b.sequence < c.sequence)
    ORDER BY c.sequence LIMIT lane.most
) next
JOIN notify.delivery owed ON owed.id = next.id
JOIN notify.endpoint ep ON ep.id = owed.endpoint_id
WHERE d.id = next.id AND ep.state = 'active'
RETURNING d.id, d.endpoint_id AS endpoint, d.claim AS fence, d.event_id AS event, d.withdrawal,
          d.attempts + 1 AS number, ep.url, ep.secret, ep.headers,
          CASE WHEN ep.previous_expires_at > now() THEN ep.previous_secret END AS previous_secret
"""
# ``more``: there may be more due than was taken. ``wait``: the rate admits the next only then.
_SETTLE: LiteralString = """
UPDATE notify.lane l
SET in_flight = l.in_flight + s.taken,
    engine = CASE WHEN l.in_flight + s.taken > 0 THEN l.engine END,
    due_at = CASE WHEN s.wait IS NOT NULL THEN now() + s.wait * interval '1 s'
                  WHEN s.more THEN now()
                  ELSE (SELECT min(due_at) FROM notify.delivery d
                        WHERE d.endpoint_id = l.endpoint_id AND d.state = 'pending'
                          AND d.due_at > now())
             END
FROM unnest(%(endpoints)s::text[], %(taken)s::int[], %(more)s::bool[], %(wait)s::float8[])
     AS s (endpoint_id, taken, more, wait)
WHERE l.endpoint_id = s.endpoint_id
"""
_LOCK_MINE: LiteralString = """
SELECT endpoint_id AS endpoint, fence, in_flight FROM notify.lane
WHERE engine = %(engine)s ORDER BY endpoint_id FOR UPDATE
"""
_GIVE_BACK: LiteralString = """
WITH lost AS (
    UPDATE notify.delivery d SET claim = NULL
    FROM notify.lane l
    WHERE l.endpoint_id = ANY(%(endpoints)s) AND d.endpoint_id = l.endpoint_id
      AND d.claim = l.fence AND d.state IN ('pending', 'held') AND NOT d.id = ANY(%(owed)s)
    RETURNING d.endpoint_id
)
UPDATE notify.lane l
SET due_at = now(),
    in_flight = l.in_flight - (SELECT count(*) FROM lost WHERE lost.endpoint_id = l.endpoint_id)
WHERE l.endpoint_id = ANY(%(endpoints)s)
"""
_BODIES: LiteralString = """
SELECT id, body, withdrawal_body FROM ingest.event WHERE id = ANY(%(ids)s)
"""


async def renew(connection: Connection, engine: str) -> None:
    """Renew this engine's lease."""
    await connection.execute(_RENEW, {"engine": engine, "alive": ALIVE})


async def reclaim(connection: Connection) -> list[str]:
    """Free the lanes of engines that are dead and return them."""
    found = await connection.execute(_RECLAIM)
    return [row["endpoint_id"] for row in await found.fetchall()]


async def resign(connection: Connection, engine: str) -> None:
    """Give up the lease and every lane at once."""
    await connection.execute(_RESIGN, {"engine": engine})


async def reconcile(connection: Connection, engine: str, owed: Sequence[Claim]) -> None:
    """Give back what is claimed in this engine's name but not among what it is sending."""
    async with connection.transaction():
        found = await connection.execute(_LOCK_MINE, {"engine": engine})
        mine = await found.fetchall()
        known = Counter((claim.endpoint, claim.fence) for claim in owed)
        wrong = [
            row["endpoint"]
            for row in mine
            if row["in_flight"] != known[row["endpoint"], row["fence"]]
        ]
        fences = {row["endpoint"]: row["fence"] for row in mine}
        ids = [claim.id for claim in owed if fences.get(claim.endpoint) == claim.fence]
        await connection.execute(_GIVE_BACK, {"endpoints": wrong, "owed": ids})


async def offers(
    connection: Connection, engine: str, full: Sequence[str], most: int
) -> list[Offer]:
    """Take hold of lanes that are due."""
    arguments = {"engine": engine, "full": list(full), "most": min(most, MOST_LANES)}
    found = await connection.execute(_OFFERS, arguments)
    return [Offer(**row) for row in await found.fetchall()]


async def hold(connection: Connection, endpoints: Sequence[str]) -> None:
    """Hold what is pending, and not in flight, of held lanes whose endpoint is not active."""
    await connection.execute(_HOLD, {"endpoints": list(endpoints)})


async def claim(
    connection: Connection, offered: Sequence[Offer], limits: Sequence[int]
) -> list[Claim]:
    """Claim due deliveries of held lanes, at most so many of each."""
    arguments = {
        "endpoints": [offer.endpoint for offer in offered],
        "fences": [offer.fence for offer in offered],
        "limits": list(limits),
    }
    found = await connection.execute(_CLAIM, arguments)
    return [Claim(**row) for row in await found.fetchall()]


async def settle(
    connection: Connection,
    endpoints: Sequence[str],
    taken: Sequence[int],
    more: Sequence[bool],
    wait: Sequence[float | None],
) -> None:
    """Say when each lane is to be looked at again; let go of those with nothing in flight."""
    arguments = {"endpoints": list(endpoints), "taken": list(taken), "more": list(more),
                 "wait": list(wait)}  # fmt: skip
    await connection.execute(_SETTLE, arguments)


async def bodies(
    connection: Connection, ids: Sequence[str]
) -> dict[str, tuple[bytes, bytes | None]]:
    """Return the stored bodies of events: their own, and the withdrawal's where there is one."""
    found = await connection.execute(_BODIES, {"ids": list(ids)})
    return {
        row["id"]: (
            row["body"].encode(),
            None if row["withdrawal_body"] is None else row["withdrawal_body"].encode(),
        )
        for row in await found.fetchall()
    }


async def connect(dsn: str) -> Connection:
    """Open a connection of the engine's own, in autocommit mode."""
    return await AsyncConnection.connect(
        dsn, autocommit=True, row_factory=dict_row, connect_timeout=3,
        options="-c statement_timeout=30s",
        # A connection whose other end has vanished without a word is noticed within seconds.
        keepalives_idle=5, keepalives_interval=2, keepalives_count=3, tcp_user_timeout=10_000,
    )  # fmt: skip
