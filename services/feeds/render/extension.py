"""The feedgen extension that puts right, or adds, what feedgen 1.0 cannot write.

feedgen drops the attributes of Atom entry links, knows neither hubs, archives, tombstones nor
licences in entries, writes RSS dates by switching the locale of the whole process, and takes a
single enclosure. Its Atom elements are in no namespace: the root carries ``xmlns`` as a
plain attribute, so Atom elements are added here under bare names too.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml.etree import SubElement

from services.feeds.render import links, plain
from services.feeds.render.identity import entry_uri
from services.feeds.render.links import Link
from services.feeds.render.media import Format
from services.feeds.render.snapshot import Entry, Snapshot
from shared.clock import rfc3339
from shared.schema.post import Attachment

Element: TypeAlias = Any

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
CREATIVE_COMMONS = "http://backend.userland.com/creativeCommonsRssModule"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

ATOM_NAMESPACES = {"fh": HISTORY, "media": MEDIA}
RSS_NAMESPACES = {
    "atom": ATOM,
    "content": CONTENT,
    "creativeCommons": CREATIVE_COMMONS,
    "dc": DUBLIN_CORE,
    "fh": HISTORY,
    "media": MEDIA,
    "sy": SYNDICATION,
}

_ATOM_LINK = f"{{{ATOM}}}link"
_UPDATES = (("updatePeriod", "hourly"), ("updateFrequency", "4"))
_CREATIVE_COMMONS_HOSTS = frozenset({"creativecommons.org", "www.creativecommons.org"})


class FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Completes the head of a document."""

    def __init__(self, snapshot: Snapshot, namespaces: Mapping[str, str]) -> None:
        """Take what is shown, and the prefixes to declare."""
        self._snapshot = snapshot
        self._namespaces = dict(namespaces)

    def extend_ns(self) -> dict[str, str]:
        """Return the prefixes to declare on the root."""
        return self._namespaces

    def extend_atom(self, feed: Element) -> Element:
        """Add archive and hub links and the tombstones (RFC 5005, W3C WebSub, RFC 6721)."""
        feed.find("title").set("type", "text")
        feed.find("updated").text = rfc3339(self._snapshot.updated)
        _add_links(feed, "link", links.document_links(self._snapshot.links, Format.ATOM))
        self._mark_archive(feed)
        for tombstone in self._snapshot.deleted:
            SubElement(
                feed,
                f"{{{TOMBSTONES}}}deleted-entry",
                ref=entry_uri(tombstone.post_id),
                when=rfc3339(tombstone.when),
            )
        return feed

    def extend_rss(self, rss: Element) -> Element:
        """Add the date, archive and hub links, and the update period."""
        channel = rss.find("channel")
        _add(channel, None, "lastBuildDate", rfc822(self._snapshot.updated))
        _add_links(channel, _ATOM_LINK, links.document_links(self._snapshot.links, Format.RSS))
        self._mark_archive(channel)
        for name, value in _UPDATES:
            _add(channel, SYNDICATION, name, value)
        return rss

    def _mark_archive(self, parent: Element) -> None:
        if self._snapshot.links.current is not None:
            _add(parent, HISTORY, "archive")


class EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Completes an entry."""

    def __init__(self, entry: Entry) -> None:
        """Take the entry that is written."""
        self._entry = entry

    def extend_atom(self, element: Element) -> Element:
        """Write every link with its attributes, both dates, the language and the image."""
        entry = self._entry
        element.set(XML_LANG, entry.language)
        element.find("title").set("type", "text")
        element.find("updated").text = rfc3339(entry.updated)
        SubElement(element, "published").text = rfc3339(entry.published)
        for bare in element.findall("link"):
            element.remove(bare)
        enclosures = [links.enclosure(attachment) for attachment in entry.attachments]
        _add_links(
            element, "link", [*links.alternates(entry), *links.references(entry), *enclosures]
        )
        _add_thumbnail(element, entry)
        return element

    def extend_rss(self, item: Element) -> Element:
        """Add dates, authors, language, rights, licence, translations and further media."""
        entry = self._entry
        _add(item, None, "pubDate", rfc822(entry.published))
        _add(item, ATOM, "updated", rfc3339(entry.updated))
        for author in entry.authors:
            if shown := author.name or author.url:
                _add(item, DUBLIN_CORE, "creator", plain.held(shown))
        _add(item, DUBLIN_CORE, "language", entry.language)
        if entry.rights is not None:
            _add(item, DUBLIN_CORE, "rights", plain.held(entry.rights))
        if urlsplit(entry.license or "").hostname in _CREATIVE_COMMONS_HOSTS:
            _add(item, CREATIVE_COMMONS, "license", entry.license)
        _add_links(item, _ATOM_LINK, links.references(entry))
        _put_translations_first(item, entry)
        for attachment in entry.attachments[1:]:
            _add_media(item, attachment)
        _add_thumbnail(item, entry)
        return item


def rfc822(moment: datetime) -> str:
    """Write a moment as RSS 2.0 wants it, in GMT and English whatever the locale.

    >>> rfc822(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    'Sun, 01 Mar 2026 09:00:00 GMT'
    """
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _add(parent: Element, namespace: str | None, name: str, text: str | None = None) -> None:
    SubElement(parent, name if namespace is None else f"{{{namespace}}}{name}").text = text


def _add_links(parent: Element, name: str, added: Iterable[Link]) -> None:
    for link in added:
        element = SubElement(parent, name, link.attributes())
        if link.title is not None:
            element.set("title", plain.held(link.title))


def _put_translations_first(item: Element, entry: Entry) -> None:
    """Put alternates before ``<link>``: some readers take whichever comes last as the page."""
    for position, link in enumerate(links.translations(entry)):
        _add_links(item, _ATOM_LINK, [link])
        item.insert(position, item[-1])


def _add_media(item: Element, attachment: Attachment) -> None:
    """Add an attachment beyond the one that RSS allows as enclosure (Media RSS 1.5.1)."""
    attributes = {"url": attachment.url, "type": attachment.mime_type}
    if attachment.size_in_bytes:
        attributes["fileSize"] = str(attachment.size_in_bytes)
    if attachment.duration_in_seconds is not None:
        attributes["duration"] = str(round(attachment.duration_in_seconds))
    media = SubElement(item, f"{{{MEDIA}}}content", attributes)
    if attachment.title is not None:
        SubElement(media, f"{{{MEDIA}}}title", type="plain").text = plain.held(attachment.title)


def _add_thumbnail(parent: Element, entry: Entry) -> None:
    if entry.image is not None:
        SubElement(parent, f"{{{MEDIA}}}thumbnail", url=entry.image)
