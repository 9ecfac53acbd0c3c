"""Delivery engines in this process, each in a thread of its own, to be stopped or to crash."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from services.notify.engine import IN_FLIGHT, Engine
from services.notify.sender import Sender
from services.notify.transport.transport import DeliveryTransport
from shared.db import engine as db
from shared.settings import settings

SCHEDULE = (0.0, 0.3, 0.3, 0.3)
TIMEOUT = 3.0


class RunningEngine:
    """One engine at work; ``stop`` is a clean end, ``crash`` leaves everything as it is."""

    def __init__(self, schedule: Sequence[float], in_flight: int) -> None:
        self._schedule = schedule
        self._in_flight = in_flight
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._work, name="engine")
        self._thread.start()
        assert self._started.wait(10)

    def stop(self) -> None:
        """End cleanly."""
        self._loop.call_soon_threadsafe(self.engine.stop)
        self._join()

    def crash(self) -> None:
        """End at once: what is in flight is cut, the lease and the claims stay behind."""
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._join()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def _join(self) -> None:
        self._thread.join(15)
        assert not self._thread.is_alive()

    def _work(self) -> None:
        asyncio.run(self._deliver())

    async def _deliver(self) -> None:
        self._loop = asyncio.get_running_loop()
        transport = DeliveryTransport(
            allowed_networks=settings().allowed_networks,
            total_timeout=TIMEOUT,
            max_connections_per_origin=IN_FLIGHT,
        )
        sender = Sender(transport, self._schedule, jitter=lambda: 0.0)
        self.engine = Engine(db.dsn(), sender, in_flight=self._in_flight)
        self._task = asyncio.create_task(self.engine.run())
        self._started.set()
        try:
            await asyncio.wait({self._task})
        finally:
            await transport.aclose()
        if not self._task.cancelled():
            self._task.result()


@contextmanager
def delivering(
    schedule: Sequence[float] = SCHEDULE, *, in_flight: int = IN_FLIGHT
) -> Iterator[RunningEngine]:
    """Run an engine; it ends cleanly with the block unless it has ended before."""
    running = RunningEngine(schedule, in_flight)
    try:
        yield running
    finally:
        if running.running:
            running.stop()


def rows(sql: str, **arguments: Any) -> list[Any]:
    """Run one statement in a transaction of its own and return its rows."""
    with db.transaction() as connection:
        return list(connection.execute(text(sql), arguments))


def kill_backends() -> int:
    """End every other connection to PostgreSQL; return how many there were."""
    found = rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    return len(found)


def states(endpoint: str) -> list[str]:
    """Return the states of an endpoint's deliveries, in the order of their events."""
    found = rows(
        "SELECT state FROM notify.delivery WHERE endpoint_id = :endpoint ORDER BY sequence, id",
        endpoint=endpoint,
    )
    return [row.state for row in found]


def stuck() -> list[str]:
    """Return, in words, what no engine will ever come back to although it should; [] when idle."""
    found = [
        f"the lane of {row.endpoint_id} is held with {row.in_flight} in flight"
        for row in rows("SELECT * FROM notify.lane WHERE engine IS NOT NULL")
    ]
    found += [
        f"delivery {row.id} is {row.state} on an endpoint that is {row.endpoint_state}"
        for row in rows(
            "SELECT d.id, d.state, ep.state AS endpoint_state FROM notify.delivery d"
            " JOIN notify.endpoint ep ON ep.id = d.endpoint_id"
            " WHERE (d.state = 'held' AND ep.state = 'active')"
            "    OR (d.state = 'pending' AND ep.state <> 'active')"
        )
    ]
    found += [
        f"delivery {row.id} is due at {row.due_at}, its lane at {row.lane_due_at}"
        for row in rows(
            "SELECT d.id, d.due_at, l.due_at AS lane_due_at FROM notify.delivery d"
            " JOIN notify.lane l USING (endpoint_id) WHERE d.state = 'pending'"
            "  AND NOT EXISTS (SELECT FROM notify.delivery b WHERE b.endpoint_id = d.endpoint_id"
            "      AND b.state = 'pending' AND b.order_key = d.order_key"
            "      AND b.sequence < d.sequence)"
            "  AND (l.due_at IS NULL OR l.due_at > greatest(d.due_at, l.hold_until, now()))"
        )
    ]
    return found
