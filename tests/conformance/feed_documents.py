"""Feeds in their three formats, parsed, for the rules of conformance."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from services.cli.demo import content
from services.feeds.render.formats import Format, render
from services.feeds.render.snapshot import Snapshot, Tombstone
from tests.support import nasty, posted
from tests.unit.feeds.render import samples

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xml": "http://www.w3.org/XML/1998/namespace",
}


@dataclass(frozen=True, slots=True)
class Documents:
    """A snapshot, its bytes, and what a parser makes of them."""

    snapshot: Snapshot
    raw: dict[Format, bytes]
    atom: Any
    rss: Any
    json: Any

    @property
    def xml(self) -> list[bytes]:
        """Return the XML documents as bytes."""
        return [self.raw[Format.RSS], self.raw[Format.ATOM]]

    def in_atom(self, path: str) -> list[Any]:
        """Evaluate XPath in the Atom document, from its root."""
        found: list[Any] = self.atom.xpath(path, namespaces=NS)
        return found

    def in_rss(self, path: str) -> list[Any]:
        """Evaluate XPath in the RSS document, from its channel."""
        found: list[Any] = self.rss.find("channel").xpath(path, namespaces=NS)
        return found


NAMES = (*samples.SNAPSHOTS, "demo", "nasty", "provoking")
"""The feeds that every rule must hold for."""


@cache
def snapshot(name: str) -> Snapshot:
    """Return the feed of a name."""
    if name in samples.SNAPSHOTS:
        return samples.SNAPSHOTS[name]
    posts = {
        "demo": content.posts(),
        "nasty": nasty.POSTS,
        "provoking": [post for post, *_ in nasty.PROVOKING],
    }[name]
    withdrawn = (Tombstone("<삭제> & 1", posted.NOW), Tombstone("urn:x-test:2", posted.NOW))
    return posted.snapshot(map(posted.stored, posts), tombstones=withdrawn)


def documents_of(shown: Snapshot) -> Documents:
    """Render and parse a feed in the three formats."""
    raw = {form: render(form, shown) for form in Format}
    return Documents(
        snapshot=shown,
        raw=raw,
        atom=etree.fromstring(raw[Format.ATOM]),
        rss=etree.fromstring(raw[Format.RSS]),
        json=json.loads(raw[Format.JSON]),
    )


@cache
def documents(name: str) -> Documents:
    """Return the documents of the feed of a name."""
    return documents_of(snapshot(name))
