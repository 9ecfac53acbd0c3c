"""RSS 2.0 by the RSS Advisory Board's profile."""

from collections.abc import Callable

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from services.feeds.render import plain, titles
from services.feeds.render.extension import (
    RSS_NAMESPACES,
    EntryExtension,
    FeedExtension,
)
from services.feeds.render.identity import SECTION_SCHEME, entry_uri
from services.feeds.render.media import Format
from services.feeds.render.snapshot import Entry, Snapshot

TTL = 15
"""Minutes that a document may be kept before it is fetched anew."""

_CLOSING = b"  </channel>\n</rss>\n"


def write_entry(entry: Entry) -> bytes:
    """Return an item as it stands in every RSS document."""
    item = FeedEntry()
    item.register_extension("pabal", lambda: EntryExtension(entry))
    item.guid(entry_uri(entry.id), permalink=False)
    item.title(plain.held(entry.title))
    item.link(href=entry.url)
    _describe(item, entry)
    root = etree.Element("rss", nsmap=RSS_NAMESPACES)
    etree.SubElement(root, "channel").append(item.rss_entry())
    xml: bytes = etree.tostring(root, encoding="UTF-8", pretty_print=True)
    return plain.with_references(xml[xml.index(b"    <item") : -len(_CLOSING)])


def render(snapshot: Snapshot, write: Callable[[Entry], bytes] = write_entry) -> bytes:
    """Return the document; ``write`` may recall what :func:`write_entry` returned before."""
    head = plain.with_references(_head(snapshot).rss_str(pretty=True))
    return b"".join([head.removesuffix(_CLOSING), *map(write, snapshot.entries), _CLOSING])


def _head(snapshot: Snapshot) -> FeedGenerator:
    feed, links = snapshot.feed, snapshot.links
    head = FeedGenerator()
    head.register_extension("pabal", lambda: FeedExtension(snapshot, RSS_NAMESPACES))
    head.title(plain.held(titles.title(feed)))
    head.description(plain.held(titles.description(feed)))
    # The extension writes the date: feedgen would switch the locale of the whole process.
    head._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001
    head.docs("https://www.rssboard.org/rss-specification")
    head.generator("Pabal")
    head.ttl(TTL)
    head.link(href=links.own.rss, rel="self", type=Format.RSS.mime_type)
    # feedgen takes the last link for the channel's own.
    head.link(href=links.home, rel="alternate", type="text/html")
    head.language(titles.language(feed))
    return head


def _describe(item: FeedEntry, entry: Entry) -> None:
    if entry.summary is not None:
        item.description(plain.as_html(entry.summary), isSummary=True)
    if entry.content_html is not None:
        item.content(entry.content_html)
    elif entry.content_text is not None:
        item.content(plain.as_html(entry.content_text))
    item.category(term=entry.section, scheme=SECTION_SCHEME)
    for tag in entry.tags:
        item.category(term=plain.held(tag))
    for attachment in entry.attachments[:1]:
        item.enclosure(attachment.url, attachment.size_in_bytes or 0, attachment.mime_type)
