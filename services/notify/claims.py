"""What the engine asks of PostgreSQL: to live, to claim, to record. Raw SQL, batch by batch.

Whoever holds a lane alone sends from it. The lease is the engine's own row: an engine that stops
renewing it loses all its lanes at once. The fence rises whenever a lane changes hands, so that a
late result of a former holder is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from services.notify.retry import Decision
from services.notify.transport.outcome import Outcome

ALIVE = 6
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


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a claim."""

    claim: Claim
    at: datetime
    outcome: Outcome
    decision: Decision


_RENEW: LiteralString = """
INSERT INTO notify.engine (id, alive_until) VALUES (%(engine)s, now() + %(alive)s * interval '1 s')
ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until
"""
_RECLAIM: LiteralString = """
WITH dead AS (
    DELETE FROM notify.engine WHERE alive_until < now() RETURNING id
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
    fence = l.fence + (l.engine IS DISTINCT FROM %(engine)s)::int
FROM due JOIN notify.endpoint ep ON ep.id = due.endpoint_id
WHERE l.endpoint_id = due.endpoint_id
RETURNING l.endpoint_id AS endpoint, l.fence, ep.rate_per_second AS rate,
          CASE ep.state WHEN 'active' THEN ep.max_in_flight ELSE 0 END AS max_in_flight
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
WHERE d.id = next.id
RETURNING d.id, d.endpoint_id AS endpoint, d.claim AS fence, d.event_id AS event, d.withdrawal,
          d.attempts + 1 AS number, ep.url, ep.secret, ep.headers,
          CASE WHEN ep.previous_expires_at > now() THEN ep.previous_secret END AS previous_secret
"""
# ``more``: there may be more due than was taken. ``wait``: the rate admits the next only then.
_SETTLE: LiteralString = """
UPDATE notify.lane l
SET engine = CASE WHEN s.idle THEN NULL ELSE l.engine END,
    due_at = CASE WHEN s.wait IS NOT NULL THEN now() + s.wait * interval '1 s'
                  WHEN s.more THEN now()
                  ELSE (SELECT min(due_at) FROM notify.delivery d
                        WHERE d.endpoint_id = l.endpoint_id AND d.state = 'pending'
                          AND d.due_at > now())
             END
FROM unnest(%(endpoints)s::text[], %(idle)s::bool[], %(more)s::bool[], %(wait)s::float8[])
     AS s (endpoint_id, idle, more, wait)
WHERE l.endpoint_id = s.endpoint_id
"""
_RECONCILE: LiteralString = """
WITH lost AS (
    UPDATE notify.delivery d SET claim = NULL
    FROM notify.lane l
    WHERE l.engine = %(engine)s AND d.endpoint_id = l.endpoint_id AND d.state = 'pending'
      AND d.claim = l.fence AND NOT d.id = ANY(%(owed)s)
)
UPDATE notify.lane SET due_at = now() WHERE engine = %(engine)s
"""
_LOCK_HELD: LiteralString = """
SELECT endpoint_id, fence FROM notify.lane
WHERE endpoint_id = ANY(%(endpoints)s) AND engine = %(engine)s
ORDER BY endpoint_id FOR UPDATE
"""
_ATTEMPTS: LiteralString = """
INSERT INTO notify.attempt (delivery_id, number, at, duration_ms, status, error, response_excerpt)
SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(at)s::timestamptz[],
                     %(durations)s::int[], %(statuses)s::int[], %(errors)s::text[],
                     %(excerpts)s::text[])
ON CONFLICT DO NOTHING
"""
# Held meanwhile (the endpoint was paused): it stays held unless it arrived.
_STATES: LiteralString = """
UPDATE notify.delivery d
SET state = CASE WHEN d.state = 'held' AND r.state = 'pending' THEN 'held' ELSE r.state END,
    due_at = r.due_at, attempts = r.number, claim = NULL,
    delivered_at = CASE r.state WHEN 'delivered' THEN now() END
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(due)s::timestamptz[], %(numbers)s::int[])
     AS r (id, state, due_at, number)
WHERE d.id = r.id
"""
_LANES: LiteralString = """
UPDATE notify.lane l
SET hold_until = greatest(l.hold_until, s.hold_until),
    engine = CASE WHEN EXISTS (SELECT FROM notify.delivery d
                               WHERE d.endpoint_id = l.endpoint_id AND d.state = 'pending'
                                 AND d.claim = l.fence)
             THEN l.engine END,
    due_at = greatest(s.hold_until,
                      least(l.due_at, (SELECT min(d.due_at) FROM notify.delivery d
                                       WHERE d.endpoint_id = l.endpoint_id
                                         AND d.state = 'pending'
                                         AND d.claim IS DISTINCT FROM l.fence)))
FROM unnest(%(endpoints)s::text[], %(holds)s::timestamptz[]) AS s (endpoint_id, hold_until)
WHERE l.endpoint_id = s.endpoint_id
"""
_HEALTH: LiteralString = """
UPDATE notify.endpoint ep
SET failing_since = CASE WHEN s.failed THEN coalesce(ep.failing_since, now()) END
FROM unnest(%(endpoints)s::text[], %(failed)s::bool[]) AS s (endpoint_id, failed)
WHERE ep.id = s.endpoint_id AND (ep.failing_since IS NOT NULL) IS DISTINCT FROM s.failed
"""
_DISABLE: LiteralString = """
WITH gone AS (
    SELECT * FROM unnest(%(endpoints)s::text[], %(reasons)s::text[]) AS g (endpoint_id, reason)
), held AS (
    UPDATE notify.delivery d SET state = 'held'
    FROM gone WHERE d.endpoint_id = gone.endpoint_id AND d.state = 'pending'
)
UPDATE notify.endpoint ep SET state = 'disabled', reason = gone.reason
FROM gone WHERE ep.id = gone.endpoint_id AND ep.state <> 'disabled'
"""
_BODIES: LiteralString = """
SELECT id, body, withdrawal_body FROM ingest.event WHERE id = ANY(%(ids)s)
"""


async def renew(connection: Connection, engine: str) -> list[str]:
    """Renew this engine's lease; free the lanes of engines that are dead and return them."""
    async with connection.transaction():
        await connection.execute(_RENEW, {"engine": engine, "alive": ALIVE})
        found = await connection.execute(_RECLAIM)
        return [row["endpoint_id"] for row in await found.fetchall()]


async def resign(connection: Connection, engine: str) -> None:
    """Give up the lease and every lane at once."""
    await connection.execute("DELETE FROM notify.engine WHERE id = %s", [engine])
    await connection.execute(_RECLAIM)


async def reconcile(connection: Connection, engine: str, owed: Sequence[int]) -> None:
    """Give back what is claimed in this engine's name but not among what it is sending."""
    await connection.execute(_RECONCILE, {"engine": engine, "owed": list(owed)})


async def offers(
    connection: Connection, engine: str, full: Sequence[str], most: int
) -> list[Offer]:
    """Take hold of lanes that are due."""
    arguments = {"engine": engine, "full": list(full), "most": min(most, MOST_LANES)}
    found = await connection.execute(_OFFERS, arguments)
    return [Offer(**row) for row in await found.fetchall()]


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
    idle: Sequence[bool],
    more: Sequence[bool],
    wait: Sequence[float | None],
) -> None:
    """Say when each lane is to be looked at again; let go of those with nothing in flight."""
    arguments = {"endpoints": list(endpoints), "idle": list(idle), "more": list(more),
                 "wait": list(wait)}  # fmt: skip
    await connection.execute(_SETTLE, arguments)


async def record(connection: Connection, engine: str, results: Sequence[Result]) -> int:
    """Record attempts and next states in one transaction; return how many were refused as late."""
    endpoints = sorted({result.claim.endpoint for result in results})
    async with connection.transaction():
        locked = await connection.execute(_LOCK_HELD, {"endpoints": endpoints, "engine": engine})
        fences = {row["endpoint_id"]: row["fence"] for row in await locked.fetchall()}
        kept = [r for r in results if fences.get(r.claim.endpoint) == r.claim.fence]
        if kept:
            await _write(connection, kept)
    return len(results) - len(kept)


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


async def _write(connection: Connection, results: Sequence[Result]) -> None:
    ids = [result.claim.id for result in results]
    numbers = [result.claim.number for result in results]
    await connection.execute(
        _ATTEMPTS,
        {
            "ids": ids,
            "numbers": numbers,
            "at": [result.at for result in results],
            "durations": [result.outcome.duration_ms for result in results],
            "statuses": [result.outcome.status for result in results],
            "errors": [result.outcome.error for result in results],
            "excerpts": [result.outcome.excerpt for result in results],
        },
    )
    states = [str(result.decision.state) for result in results]
    due = [result.decision.due_at for result in results]
    await connection.execute(
        _STATES, {"ids": ids, "states": states, "due": due, "numbers": numbers}
    )
    holds: dict[str, datetime | None] = {}
    failed: dict[str, bool] = {}
    for result in results:
        name, hold = result.claim.endpoint, result.decision.hold_until
        known = holds.get(name)
        holds[name] = max(hold, known) if hold and known else hold or known
        failed[name] = result.outcome.error is not None
    await connection.execute(_LANES, {"endpoints": list(holds), "holds": list(holds.values())})
    await connection.execute(_HEALTH, {"endpoints": list(failed), "failed": list(failed.values())})
    disabled = {r.claim.endpoint: r.decision.disable for r in results if r.decision.disable}
    if disabled:
        await connection.execute(
            _DISABLE, {"endpoints": list(disabled), "reasons": list(disabled.values())}
        )


async def connect(dsn: str) -> Connection:
    """Open a connection of the engine's own, in autocommit mode."""
    return await AsyncConnection.connect(
        dsn, autocommit=True, row_factory=dict_row, connect_timeout=3,
        options="-c statement_timeout=30s",
    )  # fmt: skip
