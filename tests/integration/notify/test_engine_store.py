"""Any order of publishing, claiming, failing, crashing, pausing and deleting keeps the promises.

The engine's own steps run against the real database, one at a time, in orders that Hypothesis
chooses; only the requests are played.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

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
OUTCOMES = {
    "ok": Outcome(204, None, 1, "", None),
    "error": Outcome(500, ErrorCode.HTTP, 1, "", None),
    "timeout": Outcome(None, ErrorCode.TIMEOUT, 1, "", None),
    "throttled": Outcome(429, ErrorCode.HTTP, 1, "", "0"),
    "gone": Outcome(410, ErrorCode.HTTP, 1, "", None),
}
ENGINES, ENDPOINTS = st.integers(0, 1), st.integers(0, 1)
ROUNDS = 60


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


class Store(RuleBasedStateMachine):
    """Two engines, two endpoints (one in strict order), three posts."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.sent: list[Claim] = []
        self.lost: set[Claim] = set()
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

    @rule(post=st.integers(0, 2), count=st.integers(1, 3))
    def publish(self, post: int, count: int) -> None:
        events = [
            NewEvent(
                id=new_id("evt"),
                type=EventType.POST_UPDATED,
                timestamp=utc_now(),
                data={},
                post_id=f"{self.partner}-{post}",
                partner=self.partner,
                facets=Facets("news", "en", ()),
            )
            for _ in range(count)
        ]
        with db.transaction() as connection:
            append(connection, events)
        relay()

    @rule()
    def fan_out(self) -> None:
        fan_out(0.0)

    @rule(which=ENGINES)
    def claim(self, which: int) -> None:
        self.run(self.engines[which].claim())

    @rule(which=ENGINES, request=st.integers(0, 3), outcome=st.sampled_from(sorted(OUTCOMES)))
    def answer(self, which: int, request: int, outcome: str) -> None:
        self.run(self.engines[which].answer(request, OUTCOMES[outcome]))

    @rule(which=ENGINES)
    def record(self, which: int) -> None:
        self.run(self.engines[which].record())

    @rule(which=ENGINES)
    def reconnect(self, which: int) -> None:
        self.run(self.engines[which].reconnect())

    @rule(which=ENGINES)
    def lose_the_lease(self, which: int) -> None:
        """The engine itself goes on, and does not know."""
        stepped = self.engines[which]
        self.lost.update(stepped.engine._owed.values())
        rows(
            "UPDATE notify.engine SET alive_until = now() - interval '1 s' WHERE id = :id"
            " RETURNING id",
            id=stepped.engine._id,
        )
        self.run(claims.reclaim(self.connection))

    @rule(which=ENGINES)
    def crash(self, which: int) -> None:
        self.lose_the_lease(which)
        self.run(self.engines[which].crash())
        self.engines[which] = Stepped(self.connection, self.sent)

    @rule(which=ENDPOINTS)
    def pause(self, which: int) -> None:
        with db.transaction() as connection:
            endpoints.hold(connection, self.endpoints[which], EndpointState.PAUSED, "by request")

    @rule(which=ENDPOINTS, skip=st.booleans())
    def resume(self, which: int, skip: bool) -> None:
        with db.transaction() as connection:
            endpoints.resume(connection, self.endpoints[which], skip_held=skip)

    @rule(which=ENDPOINTS)
    def replace(self, which: int) -> None:
        """Delete an endpoint and make another like it."""
        gone = self.endpoints[which]
        with db.transaction() as connection:
            endpoints.remove(connection, gone)
        self.sent = [claim for claim in self.sent if claim.endpoint != gone]
        for stepped in self.engines:
            stepped.sender._sent = self.sent
        self.endpoints[which] = self.endpoint((Ordering.POST, Ordering.STRICT)[which])

    @invariant()
    def what_a_lane_counts_is_what_is_claimed(self) -> None:
        wrong = rows(
            "SELECT * FROM notify.lane l WHERE engine IS NOT NULL AND in_flight <>"
            " (SELECT count(*) FROM notify.delivery d WHERE d.endpoint_id = l.endpoint_id"
            "  AND d.claim = l.fence)"
        )
        assert wrong == []

    @invariant()
    def order_holds(self) -> None:
        found = rows("SELECT id, endpoint_id, order_key, sequence FROM notify.delivery")
        key_of = {row.id: (row.endpoint_id, row.order_key) for row in found}
        sequence_of = {row.id: row.sequence for row in found}
        sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
        for claim in self.sent:
            sequences[key_of[claim.id]].append(sequence_of[claim.id])
        for seen in sequences.values():
            assert seen == sorted(seen)

    def teardown(self) -> None:
        try:
            self.everything_ends()
        finally:
            for stepped in self.engines:
                self.run(stepped.crash())
            rows("DELETE FROM notify.partner WHERE id = :id RETURNING id", id=self.partner)
            rows("DELETE FROM notify.engine RETURNING id")
            self.run(self.connection.close())
            self.loop.close()

    def everything_ends(self) -> None:
        """Resume all, answer all: then nothing may be left."""
        self.fan_out()
        for _ in range(ROUNDS):
            for which in range(len(self.endpoints)):
                self.resume(which, skip=False)
            for stepped in self.engines:
                self.run(stepped.claim())
                while stepped.sender.waiting:
                    self.run(stepped.answer(0, OUTCOMES["ok"]))
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


def test_no_order_of_events_breaks_a_promise(
    database: TestServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "FLUSH", 0.0)
    run_state_machine_as_test(
        Store,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
