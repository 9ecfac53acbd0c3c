"""Processes die during an import: every post still reaches its feed and its endpoint."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from redis import Redis

from shared import jsontext
from tests.faults.conftest import ENGINE, VALKEY, WITHIN, WORKER
from tests.support.hub import Hub
from tests.support.polling import until
from tests.support.receivers import Answer, Receiver
from tests.support.scene import post
from tests.support.session import Api

POSTS, BATCH = 500, 25
CURRENT = 50
"""Entries of a current document."""


def posts() -> list[dict[str, Any]]:
    """Return posts with rising dates, in a section of their own."""
    return [
        {
            **post(f"fault-{number:03}"),
            "section": "faults",
            "date_published": f"2026-03-01T{number // 60:02}:{number % 60:02}:00Z",
        }
        for number in range(POSTS)
    ]


def batches(published: list[dict[str, Any]]) -> Iterator[bytes]:
    """Return the posts as bodies of a batch each."""
    for first in range(0, len(published), BATCH):
        yield "\n".join(map(jsontext.dumps, published[first : first + BATCH])).encode()


def test_an_import_survives_kills_and_flushes(hub: Hub, api: Api, receiver: Receiver) -> None:
    faults: dict[int, Callable[[], object]] = {
        4: lambda: hub.kill(WORKER),
        8: lambda: hub.kill(ENGINE),
        12: lambda: flush(hub),
        15: lambda: hub.kill(VALKEY),
        17: lambda: hub.kill(WORKER),
        19: lambda: hub.kill(ENGINE),
    }
    partner = {"id": "p", "name": "P", "language": "en", "timezone": "UTC"}
    assert api("POST", "/v1/partners", json=partner).status_code == 201
    endpoint = {"partner": "p", "url": receiver.url + "/p", "max_in_flight": 20}
    assert api("POST", "/v1/endpoints", json=endpoint).status_code == 201
    receiver.plan("/p", Answer(seconds=0.05))

    published = posts()
    for number, body in enumerate(batches(published)):
        headers = {"content-type": "application/x-ndjson"}
        answer = api("POST", "/v1/posts/batch", content=body, headers=headers)
        assert answer.json()["stored"] == BATCH
        if number in faults:
            faults[number]()

    wanted = {each["id"] for each in published}
    until(lambda: received(receiver) == wanted, "every post at its endpoint", WITHIN)
    newest = [each["id"] for each in reversed(published)][:CURRENT]
    until(lambda: feed(api) == newest, "the newest in their feed", WITHIN)
    until(lambda: undone(api) == 0, "nothing undone", WITHIN)
    copies = Counter(request.id for request in receiver.got("/p"))
    assert max(copies.values()) <= 3, "one more than the engine was killed"
    assert len(copies) == POSTS
    assert sum(copies.values()) - POSTS <= 40, "only what was in flight"
    assert {request.sequence for request in receiver.got("/p")} == set(sequences(receiver))


def flush(hub: Hub) -> None:
    """Empty Valkey, as if it had lost its disk."""
    with Redis(unix_socket_path=str(hub.home / "run" / "valkey" / "valkey.sock")) as redis:
        redis.flushall()


def received(receiver: Receiver) -> set[str]:
    """Return the posts that the endpoint knows of."""
    return {request.event["data"]["id"] for request in receiver.got("/p")}


def sequences(receiver: Receiver) -> range:
    """Return the numbers from the first event's to the last one's."""
    seen = receiver.sequences("/p")
    return range(min(seen), max(seen) + 1)


def feed(api: Api) -> list[str]:
    """Return the ids in the current document."""
    answer = api("GET", "/feeds/faults.json")
    return [item["id"] for item in answer.json()["items"]] if answer.is_success else []


def undone(api: Api) -> int:
    """Return how much work is left in all queues."""
    queues = api("GET", "/v1/status").json()["queues"]
    return sum(int(queue["depth"]) for queue in queues.values())
