"""The supervisor is killed: it takes everything with it, and the same home starts again."""

import signal

import httpx

from tests.faults.conftest import WITHIN
from tests.integration.embedded.observe import alive, descendants
from tests.support.hub import Hub
from tests.support.polling import until
from tests.support.receivers import Receiver
from tests.support.scene import post


def test_nothing_outlives_it_and_the_home_starts_again(hub: Hub, receiver: Receiver) -> None:
    api = hub.api()
    partner = {"id": "p", "name": "P", "language": "en", "timezone": "UTC"}
    assert api("POST", "/v1/partners", json=partner).status_code == 201
    endpoint = {"partner": "p", "url": receiver.url + "/p"}
    assert api("POST", "/v1/endpoints", json=endpoint).status_code == 201
    assert api("POST", "/v1/posts", json=post("before")).status_code == 201
    until(lambda: len(receiver.got("/p")) == 1, "the first event", WITHIN)
    feed = until(lambda: shown(api("GET", "/feeds/all.json")), "the feed", WITHIN)
    assert api("POST", "/v1/posts", json=post("last")).status_code == 201
    family = descendants(hub.process.pid)
    assert len(family) >= 6

    hub.process.send_signal(signal.SIGKILL)
    hub.process.wait()
    until(lambda: not alive(family), "every process to be gone", 3)
    api.close()

    hub.start()
    api = hub.api()
    assert api("GET", "/v1/posts/before").json()["title"] == "Night buses"
    until(lambda: len({r.id for r in receiver.got("/p")}) == 2, "the last event", WITHIN)
    until(lambda: len(shown(api("GET", "/feeds/all.json"))) == 2, "the last post", WITHIN)
    assert shown(api("GET", "/feeds/all.json")) == ["last", *feed]
    api.close()
    assert hub.stop() == 0


def shown(answer: httpx.Response) -> list[str]:
    """Return the ids in a feed that was answered."""
    return [item["id"] for item in answer.json()["items"]] if answer.is_success else []
