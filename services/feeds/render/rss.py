"""RSS 2.0 by the RSS Advisory Board's profile."""

from collections.abc import Callable
from html import escape

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from services.feeds.render import titles
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
# The profile wants the markup characters of plain text as hexadecimal references, which lxml cannot
# write. Noncharacters hold their places: clean text never has any.
_HELD = {"&": "\ufdd0", "<": "\ufdd1", ">": "\ufdd2"}
_REFERENCES = {
    place.encode(): f"&#x{ord(character):X};".encode() for character, place in _HELD.items()
}
_PLAIN = str.maketrans(_HELD)


def write_entry(entry: Entry) -> bytes:
    """Return an item as it stands in every RSS document."""
    item = FeedEntry()
    item.register_extension("pabal", lambda: EntryExtension(entry))
    item.guid(entry_uri(entry.id), permalink=False)
    item.title(entry.title.translate(_PLAIN))
    item.link(href=entry.url)
    _describe(item, entry)
    root = etree.Element("rss", nsmap=RSS_NAMESPACES)
    etree.SubElement(root, "channel").append(item.rss_entry())
    xml: bytes = etree.tostring(root, encoding="UTF-8", pretty_print=True)
    return _with_references(xml[xml.index(b"    <item") : -len(_CLOSING)])


def render(snapshot: Snapshot, write: Callable[[Entry], bytes] = write_entry) -> bytes:
    """Return the document; ``write`` may recall what :func:`write_entry` returned before."""
    head = _with_references(_head(snapshot).rss_str(pretty=True))
    return b"".join([head.removesuffix(_CLOSING), *map(write, snapshot.entries), _CLOSING])


def text_html(text: str) -> str:
    """Return plain text as HTML, which RSS descriptions are: escaped, with its line ends."""
    return escape(text, quote=False).replace("\n", "<br>\n")


def _head(snapshot: Snapshot) -> FeedGenerator:
    feed, links = snapshot.feed, snapshot.links
    head = FeedGenerator()
    head.register_extension("pabal", lambda: FeedExtension(snapshot, RSS_NAMESPACES))
    head.title(titles.title(feed).translate(_PLAIN))
    head.description(titles.description(feed).translate(_PLAIN))
    # The extension writes the date: feedgen would switch the locale of the whole process.
    head._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001
    head.docs("https://www.rssboard.org/rss-specification")
    head.generator("Pabal")
    head.ttl(TTL)
    head.link(href=links.own.rss, rel="self", type=Format.RSS.mime_type)
    # feedgen takes the last link for the channel's own.
    head.link(href=links.home, rel="alternate", type="text/html")
    if feed.language is not None:
        head.language(feed.language)
    return head


def _describe(item: FeedEntry, entry: Entry) -> None:
    if entry.summary is not None:
        item.description(text_html(entry.summary), isSummary=True)
    if entry.content_html is not None:
        item.content(entry.content_html)
    elif entry.content_text is not None:
        item.content(text_html(entry.content_text))
    item.category(term=entry.section, scheme=SECTION_SCHEME)
    for tag in entry.tags:
        item.category(term=tag)
    for attachment in entry.attachments[:1]:
        item.enclosure(attachment.url, attachment.size_in_bytes or 0, attachment.mime_type)


def _with_references(xml: bytes) -> bytes:
    for place, reference in _REFERENCES.items():
        xml = xml.replace(place, reference)
    return xml
