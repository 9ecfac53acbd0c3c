"""Engines that die, freeze, lose connections or share the work: nothing lost, little twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from threading import Event

import pytest

from services.notify import claims, results
from services.notify.results import Result
from services.notify.retry import Decision, DeliveryState
from services.notify.transport.outcome import Outcome
from shared.clock import utc_now
from shared.db import engine as db
from tests.support.engines import delivering, kill_backends, rows
from tests.support.polling import until
from tests.support.receivers import OK, Answer, Receiver, receiving
from tests.support.scene import Scene, post
from tests.support.session import Api

LEASE = 1.5


@pytest.fixture(autouse=True)
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "ALIVE", LEASE)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def scene(admin: Api, receiver: Receiver) -> Scene:
    return Scene(admin, receiver)


def copies(receiver: Receiver, path: str) -> Counter[str]:
    """Return how often each event came to a path."""
    return Counter(request.id for request in receiver.got(path))


def test_two_engines_send_each_delivery_once(scene: Scene, receiver: Receiver) -> None:
    for path in ("/a", "/b", "/c", "/d"):
        scene.endpoint(path, max_in_flight=10)
    with delivering(in_flight=32), delivering(in_flight=32):
        for part in range(4):
            scene.publish(*(post(f"p{part}-{number}") for number in range(40)))
        for path in ("/a", "/b", "/c", "/d"):
            scene.becomes(path, *["delivered"] * 160)
            assert set(copies(receiver, path).values()) == {1}
        scene.rests()


def test_another_engine_takes_over_from_one_that_died(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a", max_in_flight=5)
    gate = Event()
    receiver.plan("/a", Answer(gate=gate))
    with delivering() as dying:
        scene.publish_many(8)
        until(lambda: len(receiver.got("/a")) == 5, "five in flight")
        with delivering():
            dying.crash()
            receiver.plan("/a", OK)
            scene.becomes("/a", *["delivered"] * 8, seconds=3 * LEASE + 2)
            scene.rests()
    gate.set()
    assert sorted(copies(receiver, "/a").values()) == [1] * 3 + [2] * 5
    assert [len(d["attempts"]) for d in scene.deliveries("/a")] == [1] * 8


def test_the_late_result_of_a_former_holder_is_refused(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    gate = Event()
    receiver.plan("/a", Answer(500, gate=gate), OK)
    with delivering() as engine:
        scene.publish(post("p1"))
        until(lambda: receiver.got("/a"), "in flight")
        rows("UPDATE notify.lane SET engine = 'another', fence = fence + 1 RETURNING fence")
        gate.set()
        # The other one is not alive: its lane comes back, and the delivery goes out again.
        scene.becomes("/a", "delivered")
        scene.rests()
        assert engine.running
    (attempt,) = scene.deliveries("/a")[0]["attempts"]
    assert (attempt["number"], attempt["status"]) == (1, 204)
    assert len(receiver.got("/a")) == 2


def test_an_engine_that_lost_and_regained_its_lane_goes_on(
    scene: Scene, receiver: Receiver
) -> None:
    """The same delivery is then in flight twice, under two fences: the newer one counts."""
    scene.endpoint("/a", max_in_flight=1)
    gate = Event()
    receiver.plan("/a", Answer(500, gate=gate), OK)
    with delivering() as engine:
        scene.publish_many(3)
        until(lambda: receiver.got("/a"), "in flight")
        rows("UPDATE notify.lane SET engine = NULL, due_at = now() RETURNING fence")
        gate.set()
        scene.becomes("/a", *["delivered"] * 3)
        scene.rests()
        assert engine.running
    assert [len(d["attempts"]) for d in scene.deliveries("/a")] == [1, 1, 1]


def test_connections_killed_in_flight_lose_and_double_nothing(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=20)
    gate = Event()
    receiver.plan("/a", Answer(gate=gate))
    with delivering():
        scene.publish_many(30)
        until(lambda: len(receiver.got("/a")) == 20, "twenty in flight")
        assert kill_backends() >= 4
        gate.set()
        scene.becomes("/a", *["delivered"] * 30)
        scene.rests()
    assert set(copies(receiver, "/a").values()) == {1}


@pytest.mark.soak
def test_connections_killed_again_and_again_lose_and_double_nothing(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=20)
    scene.endpoint("/b", ordering="strict")
    receiver.plan("/a", Answer(seconds=0.02))
    scene.publish_many(80)
    with delivering():
        for reached in range(10, 80, 15):
            until(lambda: len(receiver.got("/a")) >= reached, "some more")  # noqa: B023
            kill_backends()
        scene.becomes("/a", *["delivered"] * 80)
        scene.becomes("/b", *["delivered"] * 80)
        scene.rests()
    assert set(copies(receiver, "/a").values()) == {1}
    assert receiver.sequences("/b") == list(range(1, 81))


def test_a_clean_stop_records_what_is_in_flight(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a", max_in_flight=20)
    receiver.plan("/a", Answer(seconds=0.3))
    scene.publish_many(60)
    with delivering() as stopping:
        until(lambda: len(receiver.got("/a")) >= 20, "in flight")
        stopping.stop()
        sent = len(receiver.got("/a"))
        assert scene.states("/a").count("delivered") == sent
        scene.rests()
    assert rows("SELECT * FROM notify.engine") == []
    with delivering():
        scene.becomes("/a", *["delivered"] * 60)
    assert set(copies(receiver, "/a").values()) == {1}


def test_claims_of_a_commit_whose_answer_was_lost_are_given_back(scene: Scene) -> None:
    scene.endpoint("/a")
    scene.publish_many(2)

    async def lose_one_of_two() -> None:
        async with await claims.connect(db.dsn()) as connection:
            await claims.renew(connection, "eng_x")
            offered = await claims.offers(connection, "eng_x", [], 10)
            claimed = await claims.claim(connection, offered, [2])
            names = [offer.endpoint for offer in offered]
            await claims.settle(connection, names, [2], [False], [None])
            await claims.reconcile(connection, "eng_x", claimed[:1])

    asyncio.run(lose_one_of_two())
    (lane,) = rows("SELECT engine, in_flight, due_at <= now() AS due FROM notify.lane")
    assert tuple(lane) == ("eng_x", 1, True)
    claimed = rows("SELECT claim IS NULL AS free FROM notify.delivery ORDER BY free")
    assert [row.free for row in claimed] == [False, True]


def test_a_result_recorded_twice_counts_once(scene: Scene) -> None:
    scene.endpoint("/a")
    scene.publish_many(2)

    async def record_twice() -> None:
        async with await claims.connect(db.dsn()) as connection:
            await claims.renew(connection, "eng_x")
            offered = await claims.offers(connection, "eng_x", [], 10)
            claimed = await claims.claim(connection, offered, [2])
            await claims.settle(connection, [offered[0].endpoint], [2], [False], [None])
            outcome = Outcome(204, None, 5, "", None)
            decision = Decision(DeliveryState.DELIVERED)
            result = Result(claimed[0], utc_now(), outcome, decision)
            for _ in range(2):
                assert await results.record(connection, "eng_x", [result]) == (set(), 0)

    asyncio.run(record_twice())
    assert sorted(scene.states("/a")) == ["delivered", "pending"]
    (lane,) = rows("SELECT engine, in_flight FROM notify.lane")
    assert tuple(lane) == ("eng_x", 1)
