"""What happens in these tests, in few words: posts come and go, feeds are read."""

import re
from typing import Any
from urllib.parse import quote

import httpx
from lxml import etree

from tests.support.session import Api, settle

ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}


def a_post(id: str, **fields: Any) -> dict[str, Any]:
    """Return a post as a publisher sends it."""
    return {
        "id": id,
        "url": f"https://city.example/{quote(id)}",
        "title": f"Title of {id}",
        "section": "news",
        "language": "en",
        "content_html": f"<p>Body of {id}</p>",
        "date_published": "2026-03-01T09:00:00+09:00",
        **fields,
    }


def published(admin: Api, id: str, **fields: Any) -> dict[str, Any]:
    """Publish or revise a post and let everything that follows be done."""
    answer = sent(admin, id, **fields)
    settle()
    return answer


def sent(admin: Api, id: str, **fields: Any) -> dict[str, Any]:
    """Publish or revise a post; nothing follows yet."""
    answer = admin("POST", "/v1/posts", json=a_post(id, **fields))
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


def withdrawn(admin: Api, id: str) -> None:
    """Withdraw a post and let everything that follows be done."""
    assert admin("DELETE", f"/v1/posts/{quote(id, safe='')}").status_code == 200
    settle()


def a_partner(admin: Api, id: str = "harbour", **fields: Any) -> str:
    """Make a partner in London; return its token."""
    record = {"id": id, "name": id.title(), "language": "en", "timezone": "Europe/London", **fields}
    answer = admin("POST", "/v1/partners", json=record)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


def read(reader: Api, path: str, **headers: str) -> httpx.Response:
    """Read a document that must be there."""
    answer = reader("GET", path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def ids(reader: Api, feed: str) -> list[str]:
    """Return the ids in a feed, such as ``/feeds/news``, in order; the formats must agree."""
    items: list[str] = [item["id"] for item in read(reader, f"{feed}.json").json()["items"]]
    entries = [entry.findtext(f"{ATOM}title") for entry in atom(reader, feed).iter(f"{ATOM}entry")]
    assert entries == [item.findtext("title") for item in rss(reader, feed).iter("item")]
    assert len(items) == len(entries)
    return items


def item(reader: Api, feed: str, id: str) -> dict[str, Any]:
    """Return one item of a feed's JSON document."""
    items: list[dict[str, Any]] = read(reader, f"{feed}.json").json()["items"]
    return next(one for one in items if one["id"] == id)


def atom(reader: Api, feed: str) -> Any:
    """Return a feed's Atom document as a tree."""
    return etree.fromstring(read(reader, f"{feed}.atom").content)


def rss(reader: Api, feed: str) -> Any:
    """Return a feed's RSS document as a tree."""
    return etree.fromstring(read(reader, f"{feed}.rss").content)


def tombstones(reader: Api, feed: str) -> list[str]:
    """Return the ids that a feed says are withdrawn; Atom and JSON must agree in number."""
    document = read(reader, f"{feed}.json").json()
    gone = [one["id"] for one in document["_pabal"].get("deleted", [])]
    assert len(list(atom(reader, feed).iter(DELETED))) == len(gone)
    return gone


def translations(reader: Api, feed: str, id: str) -> list[str]:
    """Return the ids of an entry's translations; Atom must link to as many others."""
    named = item(reader, feed, id)["_pabal"].get("translations", [])
    entry = next(
        entry
        for entry in atom(reader, feed).iter(f"{ATOM}entry")
        if entry.findtext(f"{ATOM}title") == f"Title of {id}"
    )
    others = {
        link.get("href")
        for link in entry.iter(f"{ATOM}link")
        if link.get("rel") == "alternate"
        and link.get("href") != f"https://city.example/{quote(id)}"
    }
    assert others == {one["url"] for one in named}
    return [one["id"] for one in named]


def validators(reader: Api, feed: str) -> list[tuple[str, str]]:
    """Return ETag and Last-Modified of a feed's three documents."""
    answers = [read(reader, f"{feed}.{form}") for form in TYPES]
    return [(answer.headers["etag"], answer.headers["last-modified"]) for answer in answers]


def text_of(html: str) -> str:
    """Return a page's text on one line."""
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.S).split())
