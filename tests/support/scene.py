"""A publisher and a partner with endpoints at a receiver, in a few words."""

from typing import Any

from shared import jsontext
from tests.support.engines import states, stuck
from tests.support.polling import until
from tests.support.receivers import Receiver
from tests.support.session import Api, settle


def post(id: str, title: str = "Night buses") -> dict[str, Any]:
    """Return a small post."""
    return {
        "id": id,
        "url": f"https://city.example/{id}",
        "title": title,
        "section": "news",
        "language": "en",
        "date_published": "2026-03-01T00:00:00Z",
    }


class Scene:
    """One partner; endpoints by the path at which the receiver has them."""

    def __init__(self, admin: Api, receiver: Receiver) -> None:
        self.admin = admin
        self.receiver = receiver
        self.ids: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        partner = {"id": "harbour", "name": "Harbour", "language": "en", "timezone": "UTC"}
        assert admin("POST", "/v1/partners", json=partner).status_code == 201

    def endpoint(self, path: str, **policy: Any) -> str:
        """Make an endpoint for all events; return its id."""
        document = {"partner": "harbour", "url": self.receiver.url + path, **policy}
        answer = self.admin("POST", "/v1/endpoints", json=document)
        assert answer.status_code == 201, answer.text
        self.ids[path], self.secrets[path] = answer.json()["id"], answer.json()["secret"]
        return self.ids[path]

    def act(self, path: str, verb: str, body: Any | None = None) -> dict[str, Any]:
        """Pause, resume or rotate: what ``POST /v1/endpoints/{id}/{verb}`` does."""
        answer = self.admin("POST", f"/v1/endpoints/{self.ids[path]}/{verb}", json=body or {})
        assert answer.is_success, answer.text
        acted: dict[str, Any] = answer.json()
        return acted

    def publish(self, *posts: dict[str, Any]) -> None:
        """Publish posts, one event each, and fan them out."""
        body = "\n".join(jsontext.dumps(each) for each in posts).encode()
        headers = {"content-type": "application/x-ndjson"}
        answer = self.admin("POST", "/v1/posts/batch", content=body, headers=headers)
        assert answer.json()["stored"] == len(posts), answer.text
        settle()

    def publish_many(self, count: int) -> None:
        """Publish so many posts."""
        self.publish(*(post(f"p{number}") for number in range(count)))

    def deliveries(self, path: str) -> list[dict[str, Any]]:
        """Return an endpoint's deliveries with their attempts, in the order of their events."""
        answer = self.admin("GET", f"/v1/endpoints/{self.ids[path]}/deliveries?limit=200")
        items: list[dict[str, Any]] = answer.json()["items"]
        return sorted(items, key=lambda item: item["sequence"] or 0)

    def states(self, path: str) -> list[str]:
        """Return the states of an endpoint's deliveries, in the order of their events."""
        return states(self.ids[path])

    def becomes(self, path: str, *expected: str, seconds: float = 15.0) -> None:
        """Wait until the deliveries of an endpoint stand so."""
        wanted = list(expected)
        until(lambda: self.states(path) == wanted, f"{wanted} at {path}", seconds)

    def rests(self, seconds: float = 5.0) -> None:
        """Wait until nothing is in flight, and nothing is left that should be."""
        until(lambda: not stuck(), "nothing stuck", seconds)
