"""What happens at the same moment: fan-out, pauses, deletions and locks beside the engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import Connection, text

from services.notify import endpoints
from shared.db import engine as db
from shared.schema.endpoint import EndpointState
from tests.support.engines import delivering, rows
from tests.support.polling import until
from tests.support.receivers import OK, Answer, Receiver, receiving
from tests.support.scene import Scene, post
from tests.support.session import Api


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def scene(admin: Api, receiver: Receiver) -> Scene:
    return Scene(admin, receiver)


@contextmanager
def publishing_meanwhile(scene: Scene, id: str) -> Iterator[Connection]:
    """Yield an open transaction; once it has locked a lane, publish until that lock is met.

    What the block does before its end is done, and committed after the fan-out met the lock.
    """
    with ThreadPoolExecutor(1) as pool:
        with db.transaction() as connection:
            yield connection
            published = pool.submit(scene.publish, post(id))
            waiting = "SELECT FROM pg_locks WHERE NOT granted"
            until(lambda: published.done() or rows(waiting), "the fan-out to wait for the lane")
        published.result(10)


def test_a_lane_that_is_just_being_emptied_is_woken(scene: Scene) -> None:
    """The claim took the lane's due time away before the fan-out came to set it."""
    scene.endpoint("/a")
    rows("UPDATE notify.lane SET due_at = now() - interval '1 s' RETURNING due_at")
    with publishing_meanwhile(scene, "p1") as claiming:
        claiming.execute(text("UPDATE notify.lane SET due_at = NULL"))
    assert rows("SELECT due_at FROM notify.lane")[0].due_at is not None
    with delivering():
        scene.becomes("/a", "delivered")
        scene.rests()


def test_an_event_fanned_out_while_the_endpoint_is_resumed_is_delivered(scene: Scene) -> None:
    id = scene.endpoint("/a")
    scene.act("/a", "pause")
    scene.publish(post("before"))
    with publishing_meanwhile(scene, "meanwhile") as resuming:
        endpoints.resume(resuming, id, skip_held=False)
    assert scene.states("/a") == ["pending", "pending"]
    with delivering():
        scene.becomes("/a", "delivered", "delivered")
        scene.rests()


def test_an_event_fanned_out_while_the_endpoint_is_paused_is_held(
    scene: Scene, receiver: Receiver
) -> None:
    id = scene.endpoint("/a")
    with delivering():
        with publishing_meanwhile(scene, "meanwhile") as pausing:
            endpoints.hold(pausing, id, EndpointState.PAUSED, "by request")
        scene.becomes("/a", "held")
        scene.rests()
        assert receiver.got("/a") == []
        scene.act("/a", "resume")
        scene.becomes("/a", "delivered")


def test_what_is_in_flight_when_paused_is_recorded_and_not_sent_again(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=4)
    gate = Event()
    receiver.plan("/a", Answer(), Answer(gate=gate))
    scene.publish_many(4)
    with delivering():
        until(lambda: len(receiver.got("/a")) == 4, "all in flight")
        scene.act("/a", "pause")
        until(lambda: scene.states("/a").count("delivered") == 1, "the first recorded")
        gate.set()
        scene.becomes("/a", *["delivered"] * 4)
        scene.rests()
        scene.act("/a", "resume")
        scene.publish(post("later"))
        scene.becomes("/a", *["delivered"] * 5)
    assert len(receiver.got("/a")) == 5


def test_what_fails_after_the_pause_stays_held(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    gate = Event()
    receiver.plan("/a", Answer(500, gate=gate), OK)
    scene.publish(post("p1"))
    with delivering((0.0, 0.0)):
        until(lambda: receiver.got("/a"), "in flight")
        scene.act("/a", "pause")
        gate.set()
        until(lambda: scene.deliveries("/a")[0]["attempts"], "the failure")
        assert scene.states("/a") == ["held"]
        scene.rests()
        scene.act("/a", "resume")
        scene.becomes("/a", "delivered")
    assert len(receiver.got("/a")) == 2


def test_what_is_in_flight_over_a_pause_and_a_resume_is_not_sent_again(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a")
    gate = Event()
    receiver.plan("/a", Answer(gate=gate))
    scene.publish(post("p1"))
    with delivering():
        until(lambda: receiver.got("/a"), "in flight")
        scene.act("/a", "pause")
        scene.act("/a", "resume")
        scene.publish(post("p2"))
        until(lambda: len(receiver.got("/a")) == 2, "the next one")
        gate.set()
        scene.becomes("/a", "delivered", "delivered")
        scene.rests()
    assert sorted(receiver.sequences("/a")) == [1, 2]


def test_what_was_dropped_in_flight_is_not_tried_again(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    gate = Event()
    receiver.plan("/a", Answer(500, gate=gate))
    scene.publish(post("p1"))
    with delivering((0.0, 0.0, 0.0)):
        until(lambda: receiver.got("/a"), "in flight")
        scene.act("/a", "pause")
        scene.act("/a", "resume", {"held": "skip"})
        gate.set()
        until(lambda: scene.deliveries("/a")[0]["attempts"], "the failure")
        assert scene.states("/a") == ["cancelled"]
        scene.rests()
    assert len(receiver.got("/a")) == 1


def test_an_endpoint_deleted_in_flight_takes_nothing_with_it(
    scene: Scene, receiver: Receiver
) -> None:
    id = scene.endpoint("/gone", max_in_flight=3)
    scene.endpoint("/stays")
    gate = Event()
    receiver.plan("/gone", Answer(gate=gate))
    scene.publish_many(5)
    with delivering() as engine:
        until(lambda: len(receiver.got("/gone")) == 3, "in flight")
        assert scene.admin("DELETE", f"/v1/endpoints/{id}").status_code == 204
        gate.set()
        scene.publish(post("later"))
        scene.becomes("/stays", *["delivered"] * 6)
        scene.rests()
        assert engine.running
    assert len(receiver.got("/gone")) == 3


def test_a_lane_that_is_locked_does_not_delay_the_results_of_others(
    scene: Scene, receiver: Receiver
) -> None:
    id = scene.endpoint("/locked")
    scene.endpoint("/free")
    gate = Event()
    receiver.plan("/locked", Answer(gate=gate))
    receiver.plan("/free", Answer(gate=gate))
    scene.publish_many(4)
    with delivering():
        until(lambda: len(receiver.requests) == 8, "all in flight")
        with db.transaction() as connection:
            lock = "SELECT FROM notify.lane WHERE endpoint_id = :id FOR UPDATE"
            connection.execute(text(lock), {"id": id})
            gate.set()
            scene.becomes("/free", *["delivered"] * 4, seconds=3)
        scene.becomes("/locked", *["delivered"] * 4)
        scene.rests()
    assert len(receiver.requests) == 8
