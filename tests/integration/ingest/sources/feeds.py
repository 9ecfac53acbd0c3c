"""Feeds as strangers write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True, slots=True)
class Item:
    """An item of an RSS feed; ``None`` leaves the element out."""

    guid: str | None
    title: str | None = "Night buses"
    link: str | None = "https://city.example/news/1"
    date: str | None = "Sun, 01 Mar 2026 09:00:00 +0900"
    body: str | None = "<p>Until four.</p>"
    extra: str = ""


def rss(items: Sequence[Item], channel: str = "<language>en</language>") -> bytes:
    """Return an RSS 2.0 document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>City</title><link>https://city.example/</link>{channel}"
        f"{''.join(map(_item, items))}</channel></rss>"
    ).encode()


def _item(item: Item) -> str:
    parts = {
        "guid": item.guid,
        "title": item.title,
        "link": item.link,
        "pubDate": item.date,
        "description": item.body,
    }
    written = "".join(
        f"<{name}{' isPermaLink=' + quoteattr('false') if name == 'guid' else ''}>"
        f"{escape(text)}</{name}>"
        for name, text in parts.items()
        if text is not None
    )
    return f"<item>{written}{item.extra}</item>"
