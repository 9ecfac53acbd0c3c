"""What the demo does with a hub, and what it saw."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from services.cli.client import Hub
from services.cli.demo import content
from services.cli.receiver import Received, Receiver
from shared import jsontext
from shared.interest import Facets, Interest, matches

WAIT_SECONDS = 30.0


@dataclass(slots=True)
class Partner:
    """A partner of the demo: what it should get and what it got."""

    record: dict[str, Any]
    token: str
    expected: int = 0
    received: list[Received] = field(default_factory=list)
    digest: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The partner's id."""
        return str(self.record["id"])

    def of_type(self, prefix: str) -> list[dict[str, Any]]:
        """Return the events received whose type begins so."""
        return [r.event for r in self.received if str(r.event.get("type")).startswith(prefix)]


@dataclass(slots=True)
class Seen:
    """Everything that the demo saw."""

    published: list[dict[str, Any]]
    partners: list[Partner]
    changed: dict[str, list[str]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)


class Scenario:
    """Plays the publisher, three partners and their receiver against one hub."""

    def __init__(self, api: Hub, receiver: Receiver) -> None:
        self._api = api
        self._receiver = receiver
        self._partners: dict[str, Partner] = {}

    def take(self, received: Received) -> None:
        """Note what a partner's receiver got."""
        partner = self._partners.get(received.path.strip("/"))
        if partner is not None:
            partner.received.append(received)

    def play(self, say: Callable[[str], None]) -> Seen:
        """Run the whole story; raises ``TimeoutError`` where something does not arrive."""
        say("three partners, each with an endpoint")
        for document in content.PARTNERS:
            self._add(document)
        say(f"{len(content.posts())} posts")
        published = self._publish(content.posts())
        before = self._etags()
        say("one post revised")
        post = next(post for post in published if post["id"] == content.REVISED)
        revised = self._changes(before, lambda: self._publish([content.revision(post)]))
        say("one post withdrawn")
        withdrawn = self._changes(self._etags(), self._withdraw)
        say("a digest for each partner")
        for partner in self._partners.values():
            partner.expected += 1
            path = f"/v1/partners/{partner.id}/digests"
            partner.digest = self._api.post(path)
        self._until(self._all_received, "every event at its partners")
        return Seen(
            published,
            list(self._partners.values()),
            {"revision": revised, "withdrawal": withdrawn},
            {name: self._document(name) for name in content.FEEDS},
        )

    def _add(self, document: dict[str, Any]) -> None:
        made = self._api.post("/v1/partners", document)
        partner = Partner(made, made["token"])
        self._partners[partner.id] = partner
        url = f"{self._receiver.url}/{partner.id}"
        endpoint = self._api.post("/v1/endpoints", {"partner": partner.id, "url": url})
        self._receiver.secrets[f"/{partner.id}"] = endpoint["secret"]

    def _publish(self, posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        body = "\n".join(jsontext.dumps(post) for post in posts).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        self._api.call("POST", "/v1/posts/batch", content=body, headers=headers)
        for post in posts:
            self._expect(post)
        self._until(self._all_received, "every post at its partners")
        return posts

    def _withdraw(self) -> None:
        post = next(p for p in content.posts() if p["id"] == content.WITHDRAWN)
        path = f"/v1/posts/{quote(content.WITHDRAWN, safe='')}"
        self._api.call("DELETE", path, params={"reason": "published by mistake"})
        self._expect(post)
        self._until(self._all_received, "the withdrawal at its partners")

    def _expect(self, post: dict[str, Any]) -> None:
        facets = Facets(post["section"], post["language"], tuple(post.get("tags", ())))
        for partner in self._partners.values():
            wish = partner.record["interest"]
            interest = Interest(
                tuple(wish["sections"]), tuple(wish["languages"]), tuple(wish["tags"])
            )
            partner.expected += matches(interest, facets)

    def _all_received(self) -> bool:
        return all(len(p.received) >= p.expected for p in self._partners.values())

    def _changes(self, before: dict[str, str], act: Callable[[], object]) -> list[str]:
        """Return the feeds whose documents an act changes."""
        act()
        after = self._etags()
        return [name for name in content.FEEDS if before[name] != after[name]]

    def _settled(self) -> bool:
        queues = self._api.get("/v1/status")["queues"]
        return all(queue["depth"] == 0 for queue in queues.values())

    def _etags(self) -> dict[str, str]:
        self._until(self._settled, "the feeds")
        return {
            name: self._api.call("GET", f"/feeds/{name}.atom").headers["etag"]
            for name in content.FEEDS
        }

    def _document(self, name: str) -> Any:
        return self._api.get(f"/feeds/{name}.json")

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not arrive within {WAIT_SECONDS:.0f} s")
            time.sleep(0.05)
