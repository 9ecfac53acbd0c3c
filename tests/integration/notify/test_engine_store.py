"""Any order of publishing, claiming, failing, crashing, pausing and deleting keeps the promises.

The engine's own steps run against the real database, one at a time, in a random order that its
seed repeats; only the requests are played.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

import pytest

from services.ingest.relay import relay
from services.notify import claims, endpoints
from services.notify import engine as engine_module
from services.notify.claims import Claim, Connection
from services.notify.engine import Engine
from services.notify.fan_out import fan_out
from services.notify.results import Result
from services.notify.retry import decide
from services.notify.sender import Sender
from services.notify.transport.outcome import ErrorCode, Outcome
from shared.clock import utc_now
from shared.db import engine as db
from shared.ids import new_id
from shared.interest import Facets
from shared.outbox import NewEvent, append
from shared.schema.endpoint import Endpoint, EndpointState, Ordering
from shared.schema.event import EventType
from tests.support.engines import rows, stuck
from tests.support.servers import TestServers

T = TypeVar("T")

SCHEDULE = (0.0, 0.0, 0.0)
OK = Outcome(204, None, 1, "", None)
OUTCOMES = (
    *[OK] * 12,
    Outcome(500, ErrorCode.HTTP, 1, "", None),
    Outcome(None, ErrorCode.TIMEOUT, 1, "", None),
    Outcome(429, ErrorCode.HTTP, 1, "", "0"),
    Outcome(410, ErrorCode.HTTP, 1, "", None),
)
FEW, MANY = [0, 1], range(2, 20)
STEPS, ROUNDS = 400, 60
WEIGHTS = {
    "publish": 10,
    "fan_out": 10,
    "claim": 25,
    "answer": 30,
    "record": 20,
    "reconnect": 3,
    "lose_the_lease": 2,
    "crash": 2,
    "pause": 2,
    "resume": 8,
    "replace": 0.3,
}


class Played:
    """A sender whose requests wait for the test to answer them."""

    def __init__(self, sent: list[Claim]) -> None:
        self.waiting: list[tuple[Claim, asyncio.Future[Outcome]]] = []
        self._sent = sent

    async def send(self, claim: Claim, body: bytes) -> Result:
        self._sent.append(claim)
        answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.waiting.append((claim, answered))
        outcome = await answered
        now = utc_now()
        return Result(claim, now, outcome, decide(outcome, claim.number, SCHEDULE, now, 0.0))


class Stepped:
    """An engine that takes one step when told to."""

    def __init__(self, connection: Connection, sent: list[Claim]) -> None:
        self.sender = Played(sent)
        self.engine = Engine(db.dsn(), cast("Sender", self.sender), in_flight=4)
        self.connection = connection

    async def claim(self) -> None:
        await claims.renew(self.connection, self.engine._id)
        free = self.engine._most - len(self.engine._sending)
        if free > 0:
            await self.engine._claim_batch(self.connection, free)
        await _let_others_run()

    async def answer(self, which: int, outcome: Outcome) -> None:
        if self.sender.waiting:
            _, waiting = self.sender.waiting.pop(which % len(self.sender.waiting))
            waiting.set_result(outcome)
            await _let_others_run()

    async def record(self) -> None:
        if self.engine._unrecorded or not self.engine._results.empty():
            await self.engine._gather()
            await self.engine._record_batch(self.connection)

    async def reconnect(self) -> None:
        owed = list(self.engine._owed.values())
        await claims.reconcile(self.connection, self.engine._id, owed)

    async def crash(self) -> None:
        for task in self.engine._sending:
            task.cancel()
        await asyncio.gather(*self.engine._sending, return_exceptions=True)


async def _let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Store:
    """Two engines, two endpoints (one in strict order), three posts; a step at a time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.loop = asyncio.new_event_loop()
        self.sent: list[Claim] = []
        self.lost: set[Claim] = set()
        self.deleted = 0
        self.connection = self.run(claims.connect(db.dsn()))
        self.engines = [Stepped(self.connection, self.sent) for _ in range(2)]
        self.partner = new_id("p").replace("_", "-")
        rows(
            "INSERT INTO notify.partner (id, name, language, timezone, sections, languages, tags,"
            " digest, token_hash) VALUES (:id, 'P', 'en', 'UTC', '{}', '{}', '{}', '{}', :id)"
            " RETURNING id",
            id=self.partner,
        )
        self.endpoints = [self.endpoint(Ordering.POST), self.endpoint(Ordering.STRICT)]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def endpoint(self, ordering: Ordering) -> str:
        asked = Endpoint(
            partner=self.partner, url="https://a.example/", ordering=ordering, max_in_flight=2
        )
        with db.transaction() as connection:
            return endpoints.create(connection, asked, "whsec_x").id

    def step(self) -> None:
        """Do anything, and look whether all is well."""
        name = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        getattr(self, name)()
        self.what_a_lane_counts_is_what_is_claimed()
        self.order_holds()

    def publish(self) -> None:
        post = self.chance.randrange(3)
        events = [
            NewEvent(
                id=new_id("evt"),
                type=EventType.POST_UPDATED,
                timestamp=utc_now(),
                data="{}",
                post_id=f"{self.partner}-{post}",
                partner=self.partner,
                facets=Facets("news", "en", ()),
            )
            for _ in range(self.chance.randint(1, 3))
        ]
        with db.transaction() as connection:
            append(connection, events)
        relay()

    def fan_out(self) -> None:
        fan_out(0.0)

    def claim(self) -> None:
        self.run(self.chance.choice(self.engines).claim())

    def answer(self) -> None:
        outcome = self.chance.choice(OUTCOMES)
        asked = [stepped for stepped in self.engines if stepped.sender.waiting]
        if asked:
            self.run(self.chance.choice(asked).answer(self.chance.randrange(4), outcome))

    def record(self) -> None:
        self.run(self.chance.choice(self.engines).record())

    def reconnect(self) -> None:
        self.run(self.chance.choice(self.engines).reconnect())

    def lose_the_lease(self) -> None:
        """The engine itself goes on, and does not know."""
        self._expire(self.chance.choice(self.engines))

    def _expire(self, stepped: Stepped) -> None:
        self.lost.update(stepped.engine._owed.values())
        rows(
            "UPDATE notify.engine SET alive_until = now() - interval '1 s' WHERE id = :id"
            " RETURNING id",
            id=stepped.engine._id,
        )
        self.run(claims.reclaim(self.connection))

    def crash(self) -> None:
        which = self.chance.randrange(2)
        self._expire(self.engines[which])
        self.run(self.engines[which].crash())
        self.engines[which] = Stepped(self.connection, self.sent)

    def pause(self) -> None:
        which = self.chance.choice(self.endpoints)
        with db.transaction() as connection:
            endpoints.hold(connection, which, EndpointState.PAUSED, "by request")

    def resume(self) -> None:
        self._resume(self.chance.choice(self.endpoints), skip=self.chance.random() < 0.1)

    def _resume(self, which: str, *, skip: bool) -> None:
        with db.transaction() as connection:
            endpoints.resume(connection, which, skip_held=skip)

    def replace(self) -> None:
        """Delete an endpoint and make another like it."""
        which = self.chance.randrange(2)
        gone = self.endpoints[which]
        with db.transaction() as connection:
            endpoints.remove(connection, gone)
        self.deleted += len(self.sent)
        self.sent = [claim for claim in self.sent if claim.endpoint != gone]
        self.deleted -= len(self.sent)
        for stepped in self.engines:
            stepped.sender._sent = self.sent
        self.endpoints[which] = self.endpoint((Ordering.POST, Ordering.STRICT)[which])

    def what_a_lane_counts_is_what_is_claimed(self) -> None:
        wrong = rows(
            "SELECT * FROM notify.lane l WHERE engine IS NOT NULL AND in_flight <>"
            " (SELECT count(*) FROM notify.delivery d WHERE d.endpoint_id = l.endpoint_id"
            "  AND d.claim = l.fence)"
        )
        assert wrong == []

    def order_holds(self) -> None:
        found = rows("SELECT id, endpoint_id, order_key, sequence FROM notify.delivery")
        key_of = {row.id: (row.endpoint_id, row.order_key) for row in found}
        sequence_of = {row.id: row.sequence for row in found}
        sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
        for claim in self.sent:
            sequences[key_of[claim.id]].append(sequence_of[claim.id])
        for seen in sequences.values():
            assert seen == sorted(seen)

    def close(self) -> None:
        for stepped in self.engines:
            self.run(stepped.crash())
        self.run(self.connection.close())
        self.loop.close()

    def everything_ends(self) -> None:
        """Resume all, answer all: then nothing may be left."""
        self.fan_out()
        for _ in range(ROUNDS):
            for row in rows("SELECT id FROM notify.endpoint WHERE state <> 'active'"):
                self._resume(row.id, skip=False)
            for stepped in self.engines:
                self.run(stepped.claim())
                while stepped.sender.waiting:
                    self.run(stepped.answer(0, OK))
                self.run(stepped.record())
            self.order_holds()
            if not rows("SELECT FROM notify.delivery WHERE state = 'pending'") and not stuck():
                break
        assert stuck() == []
        sent = Counter(claim.id for claim in self.sent)
        lost = Counter(claim.id for claim in self.lost)
        for row in rows("SELECT id, state, attempts FROM notify.delivery"):
            assert row.state in {"delivered", "exhausted", "cancelled"}
            assert sent[row.id] == row.attempts + lost[row.id], row


@pytest.mark.parametrize("seed", FEW + [pytest.param(n, marks=pytest.mark.soak) for n in MANY])
def test_no_order_of_events_breaks_a_promise(
    database: TestServers, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(engine_module, "FLUSH", 0.0)
    store = Store(seed)
    try:
        for _ in range(STEPS):
            store.step()
        assert len(store.sent) + store.deleted >= 20, "it did something"
        store.everything_ends()
    finally:
        store.close()
