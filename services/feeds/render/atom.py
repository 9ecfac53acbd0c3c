"""Atom 1.0 (RFC 4287)."""

from collections.abc import Callable

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from services.feeds.render import titles
from services.feeds.render.extension import (
    ATOM_NAMESPACES,
    TOMBSTONES,
    EntryExtension,
    FeedExtension,
)
from services.feeds.render.identity import SECTION_SCHEME, entry_uri, feed_uri
from services.feeds.render.media import Format
from services.feeds.render.snapshot import Entry, Snapshot

_CLOSING = b"</feed>\n"


def write_entry(entry: Entry) -> bytes:
    """Return an entry as it stands in every Atom document."""
    item = FeedEntry()
    item.register_extension("pabal", lambda: EntryExtension(entry))
    item.id(entry_uri(entry.id))
    item.title(entry.title)
    item.updated(entry.updated)
    item.link(href=entry.url)
    _describe(item, entry)
    root = etree.Element("feed", nsmap=ATOM_NAMESPACES)
    root.append(item.atom_entry())
    xml: bytes = etree.tostring(root, encoding="UTF-8", pretty_print=True)
    return xml[xml.index(b"  <entry") : -len(_CLOSING)]


def render(snapshot: Snapshot, write: Callable[[Entry], bytes] = write_entry) -> bytes:
    """Return the document; ``write`` may recall what :func:`write_entry` returned before."""
    head: bytes = _head(snapshot).atom_str(pretty=True)
    return b"".join([head.removesuffix(_CLOSING), *map(write, snapshot.entries), _CLOSING])


def _head(snapshot: Snapshot) -> FeedGenerator:
    feed, links = snapshot.feed, snapshot.links
    # Validators do not know the namespace of tombstones: declare it only where there are any.
    used = {**ATOM_NAMESPACES, "at": TOMBSTONES} if snapshot.deleted else ATOM_NAMESPACES
    head = FeedGenerator()
    head.register_extension("pabal", lambda: FeedExtension(snapshot, used))
    head.id(feed_uri(feed))
    head.title(titles.title(feed))
    head.subtitle(titles.description(feed))
    head.updated(snapshot.updated)
    head.author(name=feed.publisher)
    head.generator("Pabal")
    head.language(titles.language(feed))
    head.link(href=links.home, rel="alternate", type="text/html")
    head.link(href=links.own.atom, rel="self", type=Format.ATOM.mime_type)
    return head


def _describe(item: FeedEntry, entry: Entry) -> None:
    if entry.content_html is not None:
        item.content(entry.content_html, type="html")
    elif entry.content_text is not None:
        item.content(entry.content_text, type="text")
    summary = entry.summary if entry.has_content else entry.gist
    if summary is not None:
        item.summary(summary, type="text")
    for author in entry.authors:
        if author.name or author.url:
            item.author(name=author.name or author.url, uri=author.url)
    item.category(
        term=entry.section,
        scheme=SECTION_SCHEME,
        label=titles.section_name(entry.section, entry.language),
    )
    for tag in entry.tags:
        item.category(term=tag, label=tag)
    if entry.rights is not None:
        item.rights(entry.rights)
