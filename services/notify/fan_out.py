"""Fan out: each new event becomes a delivery for each endpoint that it is for, set by set."""

import structlog
from sqlalchemy import Connection, func, select, text

from shared.db.engine import transaction
from shared.db.ingest import head
from shared.db.notify import endpoint, progress

CHANNEL = "pabal_deliveries"
"""The PostgreSQL channel on which the engine is woken."""

EVENTS_AT_ONCE = 200
ROWS_AT_ONCE = 50_000
"""Deliveries that one transaction may make, so that none outlasts a statement's time."""

MOST = 50
"""Batches in one run: the next ring goes on."""

_log = structlog.get_logger(__name__)


def _admits(holder: str, facets: str) -> str:
    """Return the SQL of ``shared.interest.matches``: ``facets`` names the columns offered."""
    return f"""(
        {facets}section IS NULL OR (
        (cardinality({holder}.sections) = 0 OR {facets}section = ANY({holder}.sections))
        AND (cardinality({holder}.languages) = 0 OR {holder}.languages && {facets}ranges)
        AND (cardinality({holder}.tags) = 0 OR {holder}.tags && {facets}tags)))"""


def _sees(facets: str) -> str:
    """Return the SQL of: audience, partner's interest and endpoint's interest admit the facets."""
    return f"""(
        ({facets}audience IS NULL OR p.id = ANY({facets}audience))
        AND {_admits("p", facets)} AND {_admits("ep", facets)})"""


# Whoever saw the state before and may not see the new one gets the withdrawal instead.
_INSERT = text(f"""
WITH fresh AS (
    SELECT e.*, w.* FROM ingest.event e
    LEFT JOIN LATERAL (
        SELECT e.was ->> 'section' AS was_section,
               ARRAY(SELECT jsonb_array_elements_text(e.was -> 'ranges')) AS was_ranges,
               ARRAY(SELECT jsonb_array_elements_text(e.was -> 'tags')) AS was_tags,
               CASE WHEN e.was -> 'audience' <> 'null'::jsonb
                    THEN ARRAY(SELECT jsonb_array_elements_text(e.was -> 'audience'))
               END AS was_audience
    ) w ON true
    WHERE e.sequence > :reached AND e.sequence <= :until
), owed AS (
    SELECT e.id, e.sequence, ep.id AS endpoint_id, ep.state,
           CASE ep.ordering WHEN 'strict' THEN '' ELSE coalesce(e.post_id, e.id) END AS order_key,
           NOT sees.now AS withdrawal
    FROM fresh e
    JOIN notify.partner p ON e.partner IS NULL OR e.partner = p.id
    JOIN notify.endpoint ep ON ep.partner = p.id
    CROSS JOIN LATERAL (SELECT {_sees("e.")} AS now,
                               e.was IS NOT NULL AND {_sees("e.was_")} AS before) sees
    WHERE (sees.now OR sees.before)
      AND (cardinality(ep.event_types) = 0 OR
           CASE WHEN sees.now THEN e.type ELSE 'post.withdrawn' END = ANY(ep.event_types))
), made AS (
    INSERT INTO notify.delivery
        (event_id, endpoint_id, sequence, order_key, withdrawal, state, due_at)
    SELECT id, endpoint_id, sequence, order_key, withdrawal,
           CASE state WHEN 'active' THEN 'pending' ELSE 'held' END,
           now() + make_interval(secs => :wait)
    FROM owed ORDER BY sequence
    ON CONFLICT DO NOTHING
    RETURNING endpoint_id, state
)
SELECT endpoint_id, count(*) AS owed, bool_or(state = 'pending') AS pending
FROM made GROUP BY endpoint_id
""")  # noqa: S608  # what is put in are names of columns

# Whoever locks several lanes does so in the order of their ids. A statement of its own: what
# follows sees what those did who had the locks before.
_LOCK = text("""
SELECT count(*) FROM (
    SELECT FROM notify.lane WHERE endpoint_id = ANY(:endpoints) ORDER BY endpoint_id FOR UPDATE
) locked
""")
# The endpoint was resumed meanwhile, and what it was owed was let go without these.
_LET_GO = text("""
UPDATE notify.delivery d SET state = 'pending'
FROM notify.endpoint ep
WHERE ep.id = ANY(:endpoints) AND ep.state = 'active'
  AND d.endpoint_id = ep.id AND d.state = 'held' AND d.sequence > :reached
RETURNING d.endpoint_id
""")
_RING = text("""
UPDATE notify.lane SET due_at = now() + make_interval(secs => :wait)
WHERE endpoint_id = ANY(:endpoints)
  AND (due_at IS NULL OR due_at > now() + make_interval(secs => :wait))
""")


def fan_out(first_wait: float) -> int:
    """Make the deliveries of all events not fanned out yet; return how many there are.

    ``first_wait`` is the wait before a first attempt, in seconds. Does nothing while another
    fan-out works.
    """
    total = 0
    for _ in range(MOST):
        with transaction() as connection:
            made = _next_batch(connection, first_wait)
        if made is None:
            break
        total += made
    return total


def _next_batch(connection: Connection, first_wait: float) -> int | None:
    lock = progress.select().with_for_update(skip_locked=True)
    reached = connection.scalar(lock.with_only_columns(progress.c.sequence))
    if reached is None:
        return None
    numbered = connection.scalar(head.select().with_only_columns(head.c.sequence))
    until = min(numbered or 0, reached + _events_at_once(connection))
    if until <= reached:
        return None
    made = connection.execute(
        _INSERT, {"reached": reached, "until": until, "wait": first_wait}
    ).all()
    connection.execute(_LOCK, {"endpoints": [row.endpoint_id for row in made]})
    pending = [row.endpoint_id for row in made if row.pending]
    held = [row.endpoint_id for row in made if not row.pending]
    if held:
        let_go = connection.scalars(_LET_GO, {"endpoints": held, "reached": reached})
        pending.extend(set(let_go))
    if pending:
        _ring(connection, pending, first_wait)
    connection.execute(progress.update().values(sequence=until))
    count = sum(row.owed for row in made)
    _log.info("events fanned out", first=reached + 1, last=until, deliveries=count)
    return int(count)


def _events_at_once(connection: Connection) -> int:
    endpoints = connection.scalar(select(func.count()).select_from(endpoint)) or 0
    return max(1, min(EVENTS_AT_ONCE, ROWS_AT_ONCE // max(1, endpoints)))


def wake(connection: Connection, endpoints: list[str], wait: float = 0) -> None:
    """Tell the engines that lanes have something due."""
    connection.execute(_LOCK, {"endpoints": endpoints})
    _ring(connection, endpoints, wait)


def _ring(connection: Connection, endpoints: list[str], wait: float) -> None:
    connection.execute(_RING, {"endpoints": endpoints, "wait": wait})
    connection.execute(text(f"NOTIFY {CHANNEL}"))
