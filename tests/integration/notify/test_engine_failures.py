"""What follows a failure: retries, the end of them, holds, and endpoints that are gone."""

from collections.abc import Iterator
from threading import Event

import pytest

from shared.db import engine as db
from tests.support.engines import delivering, rows
from tests.support.polling import until
from tests.support.receivers import NEVER, OK, Answer, Receiver, receiving
from tests.support.scene import Scene, post
from tests.support.session import Api


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def scene(admin: Api, receiver: Receiver) -> Scene:
    return Scene(admin, receiver)


def test_the_schedule_is_kept_and_a_schedule_of_n_is_n_attempts(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a")
    receiver.plan("/a", Answer(500))
    scene.publish(post("p1"))
    with delivering((0.0, 0.3, 0.9)):
        scene.becomes("/a", "exhausted")
    times = [request.at for request in receiver.got("/a")]
    assert len(times) == 3
    assert 0.3 <= times[1] - times[0] < 1.2
    assert 0.9 <= times[2] - times[1] < 1.8
    assert len({request.id for request in receiver.got("/a")}) == 1
    attempts = scene.deliveries("/a")[0]["attempts"]
    assert [(a["number"], a["status"], a["error"]) for a in attempts] == [
        (1, 500, "http"),
        (2, 500, "http"),
        (3, 500, "http"),
    ]
    scene.rests()


def test_what_follows_an_exhausted_delivery_goes_out(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a", ordering="strict")
    receiver.plan("/a", Answer(500), Answer(500), OK)
    scene.publish(post("p1"), post("p2"))
    with delivering((0.0, 0.1)):
        scene.becomes("/a", "exhausted", "delivered")
    assert receiver.sequences("/a") == [1, 1, 2]
    scene.rests()


def test_410_disables_the_endpoint_and_holds_what_it_is_owed(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=1)
    receiver.plan("/a", Answer(410))
    scene.publish_many(3)
    with delivering():
        scene.becomes("/a", "held", "held", "held")
        assert len(receiver.got("/a")) == 1
        shown = scene.admin("GET", f"/v1/endpoints/{scene.ids['/a']}").json()
        assert (shown["state"], shown["reason"]) == ("disabled", "the endpoint answered 410 Gone")
        scene.publish(post("later"))
        assert scene.states("/a") == ["held"] * 4
        receiver.plan("/a", OK)
        scene.act("/a", "enable")
        scene.becomes("/a", *["delivered"] * 4)
    assert receiver.sequences("/a") == [1, 1, 2, 3, 4]
    scene.rests()


def test_410_while_others_of_the_lane_are_in_flight_sends_none_of_them_twice(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=3)
    gate = Event()
    receiver.plan("/a", Answer(410), Answer(gate=gate))
    scene.publish_many(3)
    with delivering():
        until(lambda: len(receiver.got("/a")) == 3, "all in flight")
        until(lambda: "held" in scene.states("/a"), "the first recorded")
        gate.set()
        until(lambda: scene.states("/a").count("delivered") == 2, "the others recorded")
        scene.rests()
        receiver.plan("/a", OK)
        scene.act("/a", "enable")
        scene.becomes("/a", *["delivered"] * 3)
    assert len(receiver.got("/a")) == 4


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_the_whole_lane(scene: Scene, receiver: Receiver, status: int) -> None:
    scene.endpoint("/a", max_in_flight=1)
    receiver.plan("/a", Answer(status, {"retry-after": "1"}), OK)
    scene.publish_many(3)
    with delivering((0.0, 0.0)):
        scene.becomes("/a", *["delivered"] * 3)
    times = [request.at for request in receiver.got("/a")]
    assert len(times) == 4
    assert times[1] - times[0] >= 0.9
    scene.rests()


def test_what_arrives_during_a_hold_waits_for_its_end(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    receiver.plan("/a", Answer(429, {"retry-after": "2"}), OK)
    scene.publish(post("p1"))
    with delivering((0.0, 0.0)):
        until(lambda: scene.deliveries("/a")[0]["attempts"], "the refusal")
        scene.publish(post("p2"))
        scene.becomes("/a", "delivered", "delivered")
    times = [request.at for request in receiver.got("/a")]
    assert len(times) == 3
    assert min(times[1:]) - times[0] >= 1.9
    scene.rests()


def test_a_denied_address_blocks_the_delivery_and_nothing_else(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", ordering="strict")
    scene.publish(post("p1"))
    with db.transaction() as connection:
        connection.exec_driver_sql("UPDATE notify.endpoint SET url = 'http://10.0.0.1/hook'")
    with delivering():
        scene.becomes("/a", "blocked")
        (attempt,) = scene.deliveries("/a")[0]["attempts"]
        assert (attempt["status"], attempt["error"]) == (None, "blocked")
        url = receiver.url + "/a"
        rows("UPDATE notify.endpoint SET url = :url RETURNING id", url=url)
        scene.publish(post("p2"))
        scene.becomes("/a", "blocked", "delivered")
    scene.rests()


def test_an_endpoint_that_never_answers_is_a_timeout(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    receiver.plan("/a", NEVER)
    scene.publish(post("p1"))
    with delivering((0.0,)):
        scene.becomes("/a", "exhausted")
    (attempt,) = scene.deliveries("/a")[0]["attempts"]
    assert (attempt["status"], attempt["error"]) == (None, "timeout")
    scene.rests()


def test_failing_since_is_set_by_a_failure_and_cleared_by_a_success(
    scene: Scene, receiver: Receiver
) -> None:
    id = scene.endpoint("/a")
    receiver.plan("/a", Answer(500), OK)
    scene.publish(post("p1"))
    with delivering((0.0, 1.0)):
        show = f"/v1/endpoints/{id}"
        until(lambda: scene.admin("GET", show).json()["failing_since"], "failing")
        scene.becomes("/a", "delivered")
        assert scene.admin("GET", show).json()["failing_since"] is None


def test_a_secret_that_cannot_be_decrypted_is_an_attempt_not_a_stuck_delivery(
    scene: Scene,
) -> None:
    scene.endpoint("/a")
    scene.publish(post("p1"))
    rows("UPDATE notify.endpoint SET secret = 'broken'::bytea RETURNING id")
    with delivering((0.0, 0.1)):
        scene.becomes("/a", "exhausted")
    assert [a["error"] for a in scene.deliveries("/a")[0]["attempts"]] == ["protocol", "protocol"]
    scene.rests()
