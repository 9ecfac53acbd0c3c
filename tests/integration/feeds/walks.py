"""Walks through a feed's archive, as a reader that wants everything takes them."""

from collections.abc import Callable, Iterable
from typing import Any

import httpx
from lxml import etree

from tests.integration.feeds.scenes import a_post, read
from tests.support.session import Api, settle

ENTRIES = "{http://www.w3.org/2005/Atom}entry", "item"
HUB = "https://hub.example"
LINKS = "self", "current", "prev-archive", "next-archive"
_LINK = "{http://www.w3.org/2005/Atom}link"
_ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"


def many(admin: Api, ids: Iterable[str], **fields: Any) -> None:
    """Publish posts in one batch, a minute apart, and let everything that follows be done."""
    rows = [
        a_post(id, **{"date_published": f"2026-03-{1 + n // 60:02}T09:{n % 60:02}:00Z", **fields})
        for n, id in enumerate(ids)
    ]
    answer = admin("POST", "/v1/posts/batch", json=rows)
    assert answer.json()["stored"] == len(rows), answer.text
    settle()


def numbered(first: int, last: int) -> list[str]:
    """Return the ids ``p001`` and so on."""
    return [f"p{number:03}" for number in range(first, last + 1)]


def on(answer: httpx.Response) -> list[str]:
    """Return the ids of the posts in a document, in order."""
    if "json" in answer.headers["content-type"]:
        return [item["id"] for item in answer.json()["items"]]
    tree = etree.fromstring(answer.content)
    entries = [entry for name in ENTRIES for entry in tree.iter(name)]
    return [entry.findtext("{*}title").removeprefix("Title of ") for entry in entries]


def links(answer: httpx.Response) -> dict[str, str]:
    """Return where a document says that it stands, as paths."""
    if "json" in answer.headers["content-type"]:
        document = answer.json()
        named = {"self": document["feed_url"], "prev-archive": document.get("next_url")}
    else:
        tree = etree.fromstring(answer.content)
        outside = [link for link in tree.iter(_LINK) if link.getparent().tag not in ENTRIES]
        named = {link.get("rel"): link.get("href") for link in outside if link.get("rel") in LINKS}
    return {rel: url.removeprefix(HUB) for rel, url in named.items() if url is not None}


def is_archive(answer: httpx.Response) -> bool:
    """Tell whether an XML document says that it is an archive page."""
    return etree.fromstring(answer.content).find(f".//{_ARCHIVE}") is not None


def walk(
    reader: Api, path: str, between: Callable[[], object] = lambda: None
) -> tuple[list[str], list[str]]:
    """Go from a current document to the oldest page; return the posts of both parts.

    ``between`` happens before each further request.
    """
    answer = read(reader, path)
    current, pages = on(answer), []
    seen = {path}
    while older := links(answer).get("prev-archive"):
        assert older not in seen
        seen.add(older)
        between()
        answer = read(reader, older)
        pages += on(answer)
    return current, pages
