"""Processes die at work: nothing is lost, and no document is stale or half."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Event, Thread
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


def valkey(hub: Hub) -> Redis:
    """Return a client of the hub's Valkey."""
    return Redis(unix_socket_path=str(hub.home / "run" / "valkey" / "valkey.sock"))


def flush(hub: Hub) -> None:
    """Empty Valkey, as if it had lost its disk."""
    with valkey(hub) as redis:
        redis.flushall()


def received(receiver: Receiver) -> set[str]:
    """Return the posts that the endpoint knows of."""
    return {request.event["data"]["id"] for request in receiver.got("/p")}


def sequences(receiver: Receiver) -> range:
    """Return the numbers from the first event's to the last one's."""
    seen = receiver.sequences("/p")
    return range(min(seen), max(seen) + 1)


def feed(api: Api, section: str = "faults") -> list[str]:
    """Return the ids in a section's current document."""
    answer = api("GET", f"/feeds/{section}.json")
    return [item["id"] for item in answer.json()["items"]] if answer.is_success else []


def undone(api: Api, *names: str) -> int:
    """Return how much work is left in these queues, or in all."""
    queues = api("GET", "/v1/status").json()["queues"]
    return sum(int(queues[name]["depth"]) for name in names or queues)


def test_documents_are_whole_throughout_and_right_in_the_end(hub: Hub, api: Api) -> None:
    paths = [f"/feeds/kept.{form}" for form in ("rss", "atom", "json")]
    faults: list[Callable[[], object]] = [
        lambda: hub.kill(WORKER),
        lambda: flush(hub),
        lambda: fill(hub, 1),
        lambda: hub.kill(WORKER),
        lambda: fill(hub, 0),
        lambda: hub.kill(VALKEY),
    ]
    kept: list[str] = []
    with reading(hub, paths) as read:
        for number, fault in enumerate(faults):
            rows = [{**post(f"kept-{number}-{n}"), "section": "kept"} for n in range(5)]
            assert api("POST", "/v1/posts/batch", json=rows).json()["stored"] == 5
            fault()
            # One goes, one is revised, while the fault is mended.
            assert api("DELETE", f"/v1/posts/kept-{number}-0").status_code == 200
            revised = {**rows[1], "title": f"Revised {number}"}
            assert api("POST", "/v1/posts", json=revised).status_code == 200
            kept += [row["id"] for row in rows[1:]]
        until(lambda: sorted(feed(api, "kept")) == sorted(kept), "the right posts", WITHIN)
        until(lambda: titles(api) == len(faults), "the right titles", WITHIN)
        # Not the deliveries: another test's endpoint may be gone.
        until(lambda: undone(api, "ingest", "feeds") == 0, "nothing undone", WITHIN)
        before = [api("GET", path).headers["etag"] for path in paths]
        flush(hub)
        until(lambda: all(rendered(hub, api, path) for path in paths), "new renders", WITHIN)
        assert [api("GET", path).headers["etag"] for path in paths] == before
    assert set(read) == set(paths)


@contextmanager
def reading(hub: Hub, paths: list[str]) -> Iterator[list[str]]:
    """Read documents all the time; each has to be whole. Yields the paths of those read."""
    done, read, broken = Event(), list[str](), list[str]()

    def work() -> None:
        client = hub.api()
        while not done.is_set():
            for path in paths:
                answer = client("GET", path, headers={"Accept-Encoding": "identity"})
                if answer.status_code == 200:
                    read.append(path)
                    if answer.headers["etag"] != f'"{sha256(answer.content).hexdigest()[:32]}"':
                        broken.append(path)
                elif answer.status_code != 404:
                    broken.append(f"{path}: {answer.status_code}")
        client.close()

    thread = Thread(target=work)
    thread.start()
    try:
        yield read
    finally:
        done.set()
        thread.join(WITHIN)
    assert not broken


def fill(hub: Hub, limit: int) -> None:
    """Let Valkey take no more, or again as much as there is."""
    with valkey(hub) as redis:
        redis.config_set("maxmemory", limit)


def titles(api: Api) -> int:
    """Return how many revised titles the current document has."""
    items = api("GET", "/feeds/kept.json").json()["items"]
    return sum(item["title"].startswith("Revised") for item in items)


def rendered(hub: Hub, api: Api, path: str) -> bool:
    """Ask for a document; tell whether it stands in Valkey then."""
    assert api("GET", path).status_code == 200
    with valkey(hub) as redis:
        return bool(redis.exists(f"pabal:document:{path}"))
