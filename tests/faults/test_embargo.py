"""A post under embargo is at no exit before its time, and at every one after it, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from shared.clock import rfc3339, to_milliseconds, utc_now
from tests.faults.conftest import WITHIN
from tests.support.hub import Hub
from tests.support.polling import until
from tests.support.receivers import Receiver
from tests.support.session import Api

FORMATS = ("rss", "atom", "json")
EMBARGO = 3.0
RESTARTS = (10.0, 30.0, 90.0)
"""Embargoes to stop the hub within; a longer one where it did not stop in time."""

PAGES = ("/feeds", "/feeds?lang=ko", "/feeds/opml.xml", "/sitemap-news.xml", "/posts/{id}")
EXITS_TO_COME = ("/v1/events",)
"""Watched like all others; those that do not exist yet answer with an error, and need not show."""


@dataclass
class Sealed:
    """One post, its partner and whatever it could be seen at; its word stands in all of it."""

    hub: Hub
    api: Api
    receiver: Receiver
    word: str
    token: str = ""
    due: datetime = field(default_factory=utc_now)
    seen: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        """Where the receiver has the partner's endpoint."""
        return f"/{self.word}"

    def arrange(self) -> None:
        """Make a partner with an endpoint."""
        partner = {"id": self.word, "name": "P", "language": "en", "timezone": "UTC"}
        made = self.api("POST", "/v1/partners", json=partner)
        assert made.status_code == 201, made.text
        self.token = made.json()["token"]
        endpoint = {"partner": self.word, "url": self.receiver.url + self.path}
        assert self.api("POST", "/v1/endpoints", json=endpoint).status_code == 201

    def publish(self, seconds: float) -> None:
        """Publish the post under an embargo of so many seconds."""
        self.due = to_milliseconds(utc_now() + timedelta(seconds=seconds))
        post = {
            "id": self.id,
            "url": f"https://city.example/{self.word}",
            "title": f"All about {self.word}",
            "section": self.word,
            "language": "fo",
            "tags": [self.word],
            "content_text": f"It is {self.word}.",
            "date_published": "2026-03-01T00:00:00Z",
            "embargo_until": rfc3339(self.due),
        }
        answer = self.api("POST", "/v1/posts", json=post)
        assert answer.json()["_pabal"]["state"] == "scheduled", answer.text

    @property
    def id(self) -> str:
        """The post's id."""
        return f"city:{self.word}"

    def is_due(self) -> bool:
        """Tell whether its time has come."""
        return utc_now() > self.due

    def exits(self) -> Iterator[tuple[str, Callable[[], bool | None]]]:
        """Yield each exit's name, and how to see whether it has the post; None if it need not."""
        paths = [f"/p/{self.token}/{name}.{form}" for form in FORMATS
                 for name in ("all", self.word)]  # fmt: skip
        for name in ("all", self.word, "fo/all", f"fo/{self.word}", f"tag/{self.word}"):
            paths += [f"/feeds/{name}.{form}" for form in FORMATS]
        paths += [path.format(id=quote(self.id, safe="")) for path in PAGES]
        for path in paths:
            yield path, partial(self.shows, "GET", path)
        for path in EXITS_TO_COME:
            yield path, partial(self.shows, "GET", path, absent=True)
        preview = f"/v1/partners/{self.word}/digests/preview"
        yield "digest preview", lambda: self.shows("POST", preview)
        yield "webhook", lambda: bool(self.receiver.got(self.path))
        yield "events table", lambda: bool(self.events())

    def shows(self, method: str, path: str, *, absent: bool = False) -> bool | None:
        """Tell whether an answer that is no refusal holds the post; None where it may refuse."""
        answer = self.api(method, path)
        if absent and not answer.is_success:
            return None
        return answer.is_success and self.word in answer.text

    def events(self) -> list[Any]:
        """Return the events that the database has of the post, sent or not."""
        return self.hub.rows(
            "SELECT type, timestamp, sequence FROM ingest.event WHERE data LIKE %(word)s",
            word=f"%{self.word}%",
        )

    def look(self) -> set[str]:
        """Look at every exit once; return those still without the post."""
        missing = set()
        for name, shows in self.exits():
            shown = shows()
            if shown:
                assert utc_now() >= self.due, f"{name} shows the post before its time"
                self.seen.add(name)
            else:
                assert name not in self.seen, f"{name} has lost the post"
                missing |= {name} if shown is False else set()
        return missing

    def everywhere(self) -> bool:
        """Look at every exit once; tell whether each that exists has the post."""
        return not self.look()

    def settled(self) -> None:
        """Check that it was told of once, in time, and that nothing more is to come."""
        until(lambda: not undone(self.api), "nothing undone", WITHIN)
        ((type, timestamp, sequence),) = self.events()
        assert (type, timestamp >= self.due) == ("post.published", True)
        assert sequence is not None
        (request,) = self.receiver.got(self.path)
        assert request.event["data"]["id"] == self.id
        assert self.everywhere()


def undone(api: Api) -> int:
    """Return how much work is left in all queues."""
    queues = api("GET", "/v1/status").json()["queues"]
    return sum(int(queue["depth"]) for queue in queues.values())


def test_it_is_nowhere_before_its_time_and_everywhere_after(
    hub: Hub, api: Api, receiver: Receiver
) -> None:
    sealed = Sealed(hub, api, receiver, "sealed-one")
    sealed.arrange()
    sealed.publish(EMBARGO)
    rounds = 0
    while utc_now() < sealed.due:
        sealed.look()
        rounds += 1
    assert rounds, "every exit was watched before its time"
    until(sealed.everywhere, "the post at every exit", WITHIN)
    sealed.settled()


def test_it_is_published_once_where_the_hub_was_down_at_its_time(
    hub: Hub, api: Api, receiver: Receiver
) -> None:
    for number, seconds in enumerate(RESTARTS):
        sealed = Sealed(hub, api, receiver, f"sealed-again-{number}")
        sealed.arrange()
        sealed.publish(seconds)
        sealed.look()
        assert hub.stop() == 0
        in_time = utc_now() < sealed.due
        if in_time:
            until(sealed.is_due, "its time", seconds)
        hub.start()
        if in_time:
            break
    assert in_time, "the hub was down at its time"
    until(sealed.everywhere, "the post at every exit", WITHIN)
    sealed.settled()
