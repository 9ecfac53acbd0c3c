"""The engine delivers, in order, as fast as an endpoint's policy admits, and records it all."""

from collections.abc import Iterator
from threading import Event

import pytest
from standardwebhooks import WebhookVerificationError

from services.notify import claims
from tests.support.engines import delivering, rows
from tests.support.polling import until
from tests.support.receivers import NEVER, OK, Answer, Receiver, receiving
from tests.support.scene import Scene, post
from tests.support.session import Api, settle


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def scene(admin: Api, receiver: Receiver) -> Scene:
    return Scene(admin, receiver)


def test_an_event_is_delivered_signed_and_recorded(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a", headers={"X-Token": "t1"})
    scene.publish(post("p1"))
    with delivering():
        scene.becomes("/a", "delivered")
    (request,) = receiver.got("/a")
    request.verify(scene.secrets["/a"])
    with pytest.raises(WebhookVerificationError):
        request.verify("whsec_" + "A" * 43 + "=")
    stored = rows("SELECT id, body FROM ingest.event")
    assert [(request.id, request.body.decode())] == [tuple(row) for row in stored]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-token"] == "t1"
    (delivery,) = scene.deliveries("/a")
    (attempt,) = delivery["attempts"]
    assert delivery["delivered_at"] >= attempt["at"]
    assert {name: attempt[name] for name in ("number", "status", "error", "response_excerpt")} == {
        "number": 1,
        "status": 204,
        "error": None,
        "response_excerpt": "",
    }
    scene.rests()


def test_the_events_of_one_post_wait_for_a_failed_one(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    receiver.plan("/a", Answer(500), Answer(500), OK)
    scene.publish(post("p1"))
    scene.publish(post("p1", "revised"))
    scene.publish(post("p2"))
    with delivering():
        scene.becomes("/a", "delivered", "delivered", "delivered")
    of_p1 = [r.sequence for r in receiver.got("/a") if r.event["data"]["id"] == "p1"]
    assert sorted(set(of_p1)) == [1, 2]
    assert of_p1 == sorted(of_p1), "the second waits for the first"
    assert len(receiver.got("/a")) == 5
    scene.rests()


def test_strict_ordering_holds_over_posts_and_failures(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a", ordering="strict", max_in_flight=8)
    receiver.plan("/a", OK, Answer(500), Answer(503), OK)
    scene.publish_many(12)
    with delivering():
        scene.becomes("/a", *["delivered"] * 12)
    assert receiver.sequences("/a") == [1, 2, 2, 2, *range(3, 13)]
    assert receiver.most_at_once["/a"] == 1
    scene.rests()


def test_different_posts_go_side_by_side_up_to_max_in_flight(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=5)
    gate = Event()
    receiver.plan("/a", Answer(gate=gate))
    scene.publish_many(12)
    with delivering():
        until(lambda: len(receiver.got("/a")) == 5, "five in flight")
        scene.publish(post("later"))
        gate.set()
        scene.becomes("/a", *["delivered"] * 13)
    assert receiver.most_at_once["/a"] == 5
    assert sorted(receiver.sequences("/a")) == list(range(1, 14))
    scene.rests()


def test_an_endpoint_that_hangs_does_not_delay_another(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/hung", max_in_flight=100)
    scene.endpoint("/well", max_in_flight=100)
    receiver.plan("/hung", NEVER)
    with delivering(in_flight=128):
        scene.publish_many(150)
        until(lambda: len(receiver.got("/well")) == 150, "all at the healthy one", 3)
    assert scene.states("/well") == ["delivered"] * 150


def test_an_endpoint_that_fails_is_tried_one_by_one_until_it_answers(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", max_in_flight=50)
    receiver.plan("/a", Answer(500), Answer(500, seconds=0.2), OK)
    scene.publish(post("first"))
    with delivering():
        until(lambda: len(scene.deliveries("/a")[0]["attempts"]) == 1, "a failure")
        receiver.most_at_once.clear()
        scene.publish_many(10)
        until(lambda: len(receiver.got("/a")) >= 2, "the next")
        assert receiver.most_at_once["/a"] == 1
        scene.becomes("/a", *["delivered"] * 11)
    scene.rests()


def test_the_rate_admits_a_burst_of_one_second_and_no_more(
    scene: Scene, receiver: Receiver
) -> None:
    scene.endpoint("/a", rate_per_second=10, max_in_flight=100)
    scene.publish_many(25)
    with delivering():
        scene.becomes("/a", *["delivered"] * 25)
    times = [request.at for request in receiver.got("/a")]
    assert len(times) == 25
    assert times[9] - times[0] < 1.0, "the burst"
    assert times[24] - times[0] >= 1.4, "fifteen more at ten a second"
    scene.rests()


def test_rotation_signs_with_both_secrets(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    new = scene.act("/a", "rotate-secret", {"overlap_seconds": 60})["secret"]
    scene.publish(post("p1"))
    with delivering():
        scene.becomes("/a", "delivered")
    (request,) = receiver.got("/a")
    request.verify(scene.secrets["/a"])
    request.verify(new)
    assert len(request.headers["webhook-signature"].split(" ")) == 2


def test_after_the_overlap_only_the_new_secret_signs(scene: Scene, receiver: Receiver) -> None:
    scene.endpoint("/a")
    new = scene.act("/a", "rotate-secret", {"overlap_seconds": 0})["secret"]
    scene.publish(post("p1"))
    with delivering():
        scene.becomes("/a", "delivered")
    (request,) = receiver.got("/a")
    request.verify(new)
    with pytest.raises(WebhookVerificationError):
        request.verify(scene.secrets["/a"])


def test_an_idle_engine_only_polls(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while all that is due waits for a predecessor that is not due."""
    scene.endpoint("/a")
    looks: list[int] = []
    offers = claims.offers

    async def counted(*arguments: object) -> list[claims.Offer]:
        looks.append(1)
        return await offers(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(claims, "offers", counted)
    scene.receiver.plan("/a", Answer(500))
    with delivering((0.0, 300.0)):
        scene.publish(post("p1"))
        until(lambda: len(scene.receiver.got("/a")) == 1, "the failure")
        scene.publish(post("p1", "revised"))
        settle()
        until(lambda: len(looks) > 3, "a poll")
        scene.rests()
        looks.clear()
        until(lambda: len(looks) >= 2, "two polls")
        first = rows("SELECT extract(epoch FROM now()) AS at")[0].at
        until(lambda: len(looks) >= 5, "three more polls")
        passed = rows("SELECT extract(epoch FROM now()) AS at")[0].at - first
    assert passed > 1.0
    assert scene.states("/a") == ["pending", "pending"]
