"""What the engine tells PostgreSQL: attempts and next states, many in one transaction."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from services.notify.claims import Claim, Connection
from services.notify.retry import Decision
from services.notify.transport.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a claim."""

    claim: Claim
    at: datetime
    outcome: Outcome
    decision: Decision


# A lane that somebody else has locked is left for the next round: it must not delay the others.
_LOCK_HELD: LiteralString = """
SELECT endpoint_id AS endpoint, fence FROM notify.lane
WHERE endpoint_id = ANY(%(endpoints)s) AND engine = %(engine)s
ORDER BY endpoint_id FOR UPDATE SKIP LOCKED
"""
_BUSY: LiteralString = """
SELECT endpoint_id AS endpoint FROM notify.lane
WHERE endpoint_id = ANY(%(endpoints)s) AND engine = %(engine)s
"""
_ATTEMPTS: LiteralString = """
INSERT INTO notify.attempt (delivery_id, number, at, duration_ms, status, error, response_excerpt)
SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::int[], %(at)s::timestamptz[],
                     %(durations)s::int[], %(statuses)s::int[], %(errors)s::text[],
                     %(excerpts)s::text[])
ON CONFLICT DO NOTHING
"""
# Held or cancelled meanwhile: it stays so unless that was the end of it. What is recorded already
# (the answer to a commit was lost) is not recorded again.
_STATES: LiteralString = """
UPDATE notify.delivery d
SET state = CASE WHEN r.state = 'pending' OR (d.state = 'cancelled' AND r.state <> 'delivered')
                 THEN d.state ELSE r.state END,
    due_at = r.due_at, attempts = r.number, claim = NULL,
    delivered_at = CASE r.state WHEN 'delivered' THEN now() END
FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[], %(states)s::text[], %(due)s::timestamptz[],
            %(numbers)s::int[]) AS r (id, fence, state, due_at, number)
WHERE d.id = r.id AND d.claim = r.fence AND d.attempts < r.number
RETURNING d.endpoint_id AS endpoint
"""
_LANES: LiteralString = """
UPDATE notify.lane l
SET hold_until = greatest(l.hold_until, s.hold_until),
    in_flight = l.in_flight - s.done,
    engine = CASE WHEN l.in_flight > s.done THEN l.engine END,
    due_at = greatest(s.hold_until,
                      least(l.due_at, (SELECT min(d.due_at) FROM notify.delivery d
                                       WHERE d.endpoint_id = l.endpoint_id
                                         AND d.state = 'pending'
                                         AND d.claim IS DISTINCT FROM l.fence)))
FROM unnest(%(endpoints)s::text[], %(done)s::int[], %(holds)s::timestamptz[])
     AS s (endpoint_id, done, hold_until)
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


async def record(
    connection: Connection, engine: str, results: Sequence[Result]
) -> tuple[set[str], int]:
    """Record attempts and next states in one transaction.

    Returns the endpoints whose lane somebody else has locked, their results to be given again,
    and how many results were refused as late.
    """
    endpoints = {result.claim.endpoint for result in results}
    async with connection.transaction():
        fences = await _lock_held(connection, engine, endpoints)
        busy = await _busy(connection, engine, endpoints - fences.keys())
        kept = [r for r in results if fences.get(r.claim.endpoint) == r.claim.fence]
        if kept:
            await _write(connection, kept)
    again = sum(result.claim.endpoint in busy for result in results)
    return busy, len(results) - len(kept) - again


async def _lock_held(
    connection: Connection, engine: str, endpoints: AbstractSet[str]
) -> dict[str, int]:
    arguments = {"endpoints": list(endpoints), "engine": engine}
    found = await connection.execute(_LOCK_HELD, arguments)
    return {row["endpoint"]: row["fence"] for row in await found.fetchall()}


async def _busy(connection: Connection, engine: str, endpoints: AbstractSet[str]) -> set[str]:
    if not endpoints:
        return set()
    found = await connection.execute(_BUSY, {"endpoints": list(endpoints), "engine": engine})
    return {row["endpoint"] for row in await found.fetchall()}


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
    fences = [result.claim.fence for result in results]
    recorded = await connection.execute(
        _STATES, {"ids": ids, "fences": fences, "states": states, "due": due, "numbers": numbers}
    )
    done = Counter(row["endpoint"] for row in await recorded.fetchall())
    holds: dict[str, datetime | None] = {}
    failed: dict[str, bool] = {}
    for result in results:
        name, hold = result.claim.endpoint, result.decision.hold_until
        known = holds.get(name)
        holds[name] = max(hold, known) if hold and known else hold or known
        failed[name] = result.outcome.error is not None
    await connection.execute(
        _LANES,
        {
            "endpoints": list(holds),
            "done": [done[name] for name in holds],
            "holds": list(holds.values()),
        },
    )
    await connection.execute(_HEALTH, {"endpoints": list(failed), "failed": list(failed.values())})
    disabled = {r.claim.endpoint: r.decision.disable for r in results if r.decision.disable}
    if disabled:
        await connection.execute(
            _DISABLE, {"endpoints": list(disabled), "reasons": list(disabled.values())}
        )
