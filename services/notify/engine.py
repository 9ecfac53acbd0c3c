"""The delivery engine: wakes, claims, streams to many requests in flight, records.

Four loops share one process: the lease is renewed, PostgreSQL is listened to, deliveries are
claimed and sent, results are recorded. Nothing waits for the slowest: each send is a task of its
own, and results are recorded as they come. Several engines may work on one database.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

import psycopg
import structlog

from services.notify import claims, results
from services.notify.bodies import Bodies
from services.notify.claims import Claim, Connection, Offer
from services.notify.fan_out import CHANNEL
from services.notify.lanes import Lanes
from services.notify.results import Result
from services.notify.sender import Sender
from shared.ids import new_id

IN_FLIGHT = 512
"""Requests on their way at once."""

POLL = 0.5
"""Seconds between looks at the database when nobody rings."""

FLUSH = 0.02
"""Seconds that a result waits for company before it is recorded."""

RESULTS_AT_ONCE = 500
DRAIN = 3.0
"""Seconds that a clean stop waits for what is in flight."""

RETRY = 0.3
"""Seconds before a lost connection is opened again."""

_AWAY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)

_log = structlog.get_logger(__name__)


class Engine:
    """One engine; ``run`` returns when ``stop`` was called and what was in flight is settled."""

    def __init__(self, dsn: str, sender: Sender, *, in_flight: int = IN_FLIGHT) -> None:
        self._dsn = dsn
        self._sender = sender
        self._id = new_id("eng")
        self._most = in_flight
        self._lanes = Lanes()
        self._bodies = Bodies()
        self._sending: set[asyncio.Task[None]] = set()
        self._owed: dict[tuple[int, int], Claim] = {}
        self._unrecorded: list[Result] = []
        self._leased_until = 0.0
        self._next_token = inf
        self._results: asyncio.Queue[Result] = asyncio.Queue(2 * in_flight)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask for a clean end."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped; a database that is away is waited for."""
        _log.info("engine started", engine=self._id, in_flight=self._most)
        loops = [
            asyncio.create_task(self._persist(loop))
            for loop in (self._claim, self._renew, self._listen, self._record)
        ]
        try:
            await self._until_stopped(loops)
            await self._drain(claiming=loops[0])
        finally:
            for task in [*loops, *self._sending]:
                task.cancel()
            await asyncio.gather(*loops, *self._sending, return_exceptions=True)
        await self._resign()
        _log.info("engine stopped", engine=self._id)

    async def _until_stopped(self, loops: list[asyncio.Task[None]]) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        done, _ = await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()

    async def _persist(self, loop: Callable[[Connection], Awaitable[None]]) -> None:
        """Run a loop on a connection of its own, again and again while the database is away."""
        while True:
            try:
                async with await claims.connect(self._dsn) as connection:
                    await loop(connection)
                    return
            except _AWAY as error:
                _log.warning("database away", loop=loop.__name__, error=type(error).__name__)
                await asyncio.sleep(RETRY)

    async def _renew(self, connection: Connection) -> None:
        # While the database is away nobody can renew: whoever is alive gets the time to do so.
        patient_until = monotonic() + claims.ALIVE
        while True:
            asked = monotonic()
            await claims.renew(connection, self._id)
            if monotonic() - asked > claims.ALIVE / 3:
                patient_until = monotonic() + claims.ALIVE
            self._leased_until = asked + claims.ALIVE
            if asked > patient_until:
                await self._reclaim(connection)
            self._wake.set()
            await asyncio.sleep(claims.ALIVE / 3)

    async def _reclaim(self, connection: Connection) -> None:
        freed = await claims.reclaim(connection)
        if freed:
            _log.info("lanes freed from dead engines", lanes=len(freed))

    async def _listen(self, connection: Connection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self._wake.set()
        async for _ in connection.notifies():
            self._wake.set()

    async def _claim(self, connection: Connection) -> None:
        # A connection lost at commit leaves claims that nobody is sending.
        await claims.reconcile(connection, self._id, list(self._owed.values()))
        while not self._stopping.is_set():
            free = self._free()
            if free <= 0 or not await self._claim_batch(connection, free):
                await self._pause()

    def _free(self) -> int:
        """Return how many deliveries may start: none while others may take this engine for dead."""
        if monotonic() >= self._leased_until:
            return 0
        return self._most - len(self._sending)

    async def _pause(self) -> None:
        """Wait for a ring, a finished send, a rate that admits the next, or the next poll."""
        rest = max(self._next_token - monotonic(), 0.0)
        try:
            async with asyncio.timeout(min(rest, POLL)):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()
        if self._next_token <= monotonic():
            self._next_token = inf

    async def _claim_batch(self, connection: Connection, free: int) -> bool:
        """Start what is due, as much as there is room for; tell whether there was anything."""
        async with connection.transaction():
            offered = await claims.offers(connection, self._id, self._lanes.full(), free)
            if not offered:
                return False
            idle = [offer.endpoint for offer in offered if not offer.active]
            if idle:
                await claims.hold(connection, idle)
            limits = self._limits(offered, free)
            claimed = await claims.claim(connection, offered, limits)
            taken = Counter(claim.endpoint for claim in claimed)
            await self._settle(connection, offered, limits, taken)
            bodies = await self._bodies.read(connection, claimed)
        for offer in offered:
            self._lanes.started(offer.endpoint, taken[offer.endpoint], offer.max_in_flight)
        for claim, body in zip(claimed, bodies, strict=True):
            self._start(claim, body)
        return bool(claimed)

    def _limits(self, offered: list[Offer], free: int) -> list[int]:
        share = max(1, free // len(offered))
        now = monotonic()
        return [
            min(share, self._lanes.limit(o.endpoint, o.max_in_flight, o.rate, now)) for o in offered
        ]

    async def _settle(
        self, connection: Connection, offered: list[Offer], limits: list[int], taken: Counter[str]
    ) -> None:
        names = [offer.endpoint for offer in offered]
        waits = [self._lanes.wait(name, taken[name]) for name in names]
        soonest = min((wait for wait in waits if wait is not None), default=inf)
        self._next_token = min(self._next_token, monotonic() + soonest)
        await claims.settle(
            connection,
            names,
            taken=[taken[name] for name in names],
            more=[taken[name] >= limit for name, limit in zip(names, limits, strict=True)],
            wait=waits,
        )

    def _start(self, claim: Claim, body: bytes) -> None:
        self._owed[claim.id, claim.fence] = claim
        task = asyncio.create_task(self._send(claim, body))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, claim: Claim, body: bytes) -> None:
        result = await self._sender.send(claim, body)
        # Successes are many; a line below the level costs nothing.
        tell = _log.debug if result.outcome.error is None else _log.info
        tell(
            "attempt made",
            delivery_id=claim.id, event_id=claim.event, endpoint=claim.endpoint,
            number=claim.number, status=result.outcome.status, error=result.outcome.error,
        )  # fmt: skip
        await self._results.put(result)
        self._wake.set()

    async def _record(self, connection: Connection) -> None:
        while True:
            await self._gather()
            await self._record_batch(connection)

    async def _record_batch(self, connection: Connection) -> None:
        """Record what was gathered; what is not recorded is kept, also over a lost connection."""
        busy, late = await results.record(connection, self._id, self._unrecorded)
        if late:
            _log.warning("late results refused", results=late)
        settled = [r.claim for r in self._unrecorded if r.claim.endpoint not in busy]
        self._unrecorded = [r for r in self._unrecorded if r.claim.endpoint in busy]
        for claim in settled:
            del self._owed[claim.id, claim.fence]
            self._lanes.finished(claim.endpoint)
            self._results.task_done()
        self._wake.set()

    async def _gather(self) -> None:
        """Take up results: those of ``FLUSH`` seconds, or as many as one statement takes."""
        if not self._unrecorded:
            self._unrecorded.append(await self._results.get())
        # Without others in flight, or with none left, there is no company to wait for.
        if self._sending or self._unrecorded[1:]:
            await asyncio.sleep(FLUSH)
        most = len(self._unrecorded) + RESULTS_AT_ONCE
        while len(self._unrecorded) < most and not self._results.empty():
            self._unrecorded.append(self._results.get_nowait())

    async def _drain(self, claiming: asyncio.Task[None]) -> None:
        """Give what is in flight, or just claimed, a moment to end, and record it."""
        try:
            async with asyncio.timeout(DRAIN):
                await asyncio.wait({claiming})
                if self._sending:
                    await asyncio.wait(set(self._sending))
                await self._results.join()
        except TimeoutError:
            _log.warning("stopped with deliveries in flight", deliveries=len(self._sending))

    async def _resign(self) -> None:
        try:
            async with await claims.connect(self._dsn) as connection:
                await claims.resign(connection, self._id)
        except psycopg.OperationalError as error:
            _log.warning("lease left to run out", error=type(error).__name__)
