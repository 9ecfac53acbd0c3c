"""Valkey or PostgreSQL away: what is accepted stays accepted, and nothing else is."""

import signal
import time

import httpx
import pytest

from tests.faults.conftest import POSTGRES, VALKEY, WITHIN
from tests.support.hub import Hub
from tests.support.polling import until
from tests.support.receivers import Receiver
from tests.support.scene import post
from tests.support.session import Api


def endpoint(api: Api, receiver: Receiver, partner: str) -> str:
    """Make a partner with an endpoint; return its path at the receiver."""
    document = {"id": partner, "name": "P", "language": "en", "timezone": "UTC"}
    assert api("POST", "/v1/partners", json=document).status_code == 201
    asked = {"partner": partner, "url": f"{receiver.url}/{partner}"}
    assert api("POST", "/v1/endpoints", json=asked).status_code == 201
    return f"/{partner}"


def arrived(receiver: Receiver, path: str, id: str) -> bool:
    """Tell whether a post's event has arrived."""
    return any(request.event["data"]["id"] == id for request in receiver.got(path))


def quickly(api: Api, id: str) -> httpx.Response:
    """Publish a post; it has to be answered within a second."""
    began = time.monotonic()
    answer = api("POST", "/v1/posts", json=post(id))
    assert time.monotonic() - began < 1.0
    return answer


def test_posts_are_taken_while_valkey_is_frozen(hub: Hub, api: Api, receiver: Receiver) -> None:
    path = endpoint(api, receiver, "frozen-valkey")
    frozen = hub.signal(VALKEY, signal.SIGSTOP)
    try:
        assert quickly(api, "while-frozen").status_code == 201
        assert quickly(api, "while-frozen-too").status_code == 201
    finally:
        hub.signal(VALKEY, signal.SIGCONT)
    assert frozen
    for id in ("while-frozen", "while-frozen-too"):
        until(lambda: arrived(receiver, path, id), f"{id} to arrive", WITHIN)  # noqa: B023


def test_posts_are_taken_while_valkey_is_dead(hub: Hub, api: Api, receiver: Receiver) -> None:
    path = endpoint(api, receiver, "dead-valkey")
    hub.kill(VALKEY)
    assert quickly(api, "while-dead").status_code == 201
    until(lambda: arrived(receiver, path, "while-dead"), "it to arrive", WITHIN)


def test_a_feed_is_served_while_valkey_is_frozen(hub: Hub, api: Api) -> None:
    assert quickly(api, "for-the-feed").status_code == 201
    hub.signal(VALKEY, signal.SIGSTOP)
    try:
        feed = api("GET", "/feeds/all.json")
    finally:
        hub.signal(VALKEY, signal.SIGCONT)
    assert feed.status_code == 200
    assert "for-the-feed" in {item["id"] for item in feed.json()["items"]}


def test_nothing_is_taken_while_postgresql_is_away_and_all_works_after(
    hub: Hub, api: Api, receiver: Receiver
) -> None:
    path = endpoint(api, receiver, "dead-postgresql")
    # After some deaths in a row the supervisor waits for seconds before it starts it again.
    for _ in range(5):
        hub.kill(POSTGRES)
    refused = api("POST", "/v1/posts", json=post("while-away"))
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["content-type"] == "application/problem+json"

    def taken() -> bool:
        return api("POST", "/v1/posts", json=post("while-away")).status_code == 201

    until(taken, "it to be taken", WITHIN)
    until(lambda: arrived(receiver, path, "while-away"), "it to arrive", WITHIN)
    assert len(receiver.got(path)) == 1


@pytest.mark.timeout(90)
def test_a_frozen_postgresql_answers_503_and_works_again_once_it_thaws(
    hub: Hub, api: Api, receiver: Receiver
) -> None:
    path = endpoint(api, receiver, "frozen-postgresql")
    hub.signal(POSTGRES, signal.SIGSTOP)
    try:
        refused = api("POST", "/v1/posts", json=post("while-cold"))
    finally:
        hub.signal(POSTGRES, signal.SIGCONT)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0

    def taken() -> bool:
        return api("POST", "/v1/posts", json=post("after")).status_code in {200, 201}

    until(taken, "a post to be taken", WITHIN)
    until(lambda: arrived(receiver, path, "after"), "it to arrive", WITHIN)
