"""Atom 1.0 (RFC 4287)."""

from collections import Counter
from collections.abc import Callable
from datetime import MAXYEAR, UTC, datetime, timedelta, timezone
from functools import lru_cache

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from services.feeds.render import plain, titles
from services.feeds.render.extension import (
    ATOM_NAMESPACES,
    TOMBSTONES,
    EntryExtension,
    FeedExtension,
)
from services.feeds.render.identity import SECTION_SCHEME, entry_uri, feed_uri
from services.feeds.render.media import Format
from services.feeds.render.snapshot import Entry, Snapshot
from shared.clock import rfc3339

_CLOSING = b"</feed>\n"


def write_entry(entry: Entry) -> bytes:
    """Return an entry as it stands in every Atom document."""
    item = FeedEntry()
    item.register_extension("pabal", lambda: EntryExtension(entry))
    item.id(entry_uri(entry.id))
    item.title(plain.held(entry.title))
    item.updated(entry.updated)
    item.link(href=entry.url)
    _describe(item, entry)
    root = etree.Element("feed", nsmap=ATOM_NAMESPACES)
    root.append(item.atom_entry())
    xml: bytes = etree.tostring(root, encoding="UTF-8", pretty_print=True)
    return plain.with_references(xml[xml.index(b"  <entry") : -len(_CLOSING)])


def render(snapshot: Snapshot, write: Callable[[Entry], bytes] = write_entry) -> bytes:
    """Return the document; ``write`` may recall what :func:`write_entry` returned before."""
    head = plain.with_references(_head(snapshot).atom_str(pretty=True))
    return b"".join([head.removesuffix(_CLOSING), *_entries(snapshot, write), _CLOSING])


def same_moment(moment: datetime, n: int) -> str:
    """Write a moment as RFC 3339 in the n-th of 56 ways, each with an offset of its own.

    >>> same_moment(datetime.fromisoformat("2026-03-01T09:00:00Z"), 1)
    '2026-03-01T10:00:00+01:00'
    """
    if n % 56 == 0:
        return rfc3339(moment)
    # Whole hours first, up to 13; then each of them a quarter of an hour later, and so on.
    offset = timedelta(hours=n % 14, minutes=15 * (n // 14 % 4))
    # No later year can be written.
    zone = timezone(-offset if moment.astimezone(UTC).year == MAXYEAR else offset)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(zone).isoformat(timespec=spec)


def _entries(snapshot: Snapshot, write: Callable[[Entry], bytes]) -> list[bytes]:
    """Return the written entries, no two with an ``updated`` of the same letters.

    Posts of one day, such as an archive's, are of one moment. RFC 4287 leaves that open, but the
    W3C feed validator takes them for touched by mistake.
    """
    written = list(map(write, snapshot.entries))
    met: Counter[datetime] = Counter()
    if len({entry.updated for entry in snapshot.entries}) < len(written):
        # From the oldest on, so that a newer post does not change them.
        for place, entry in reversed(list(enumerate(snapshot.entries))):
            moment = entry.updated
            if n := met[moment]:
                written[place] = written[place].replace(_updated(moment, 0), _updated(moment, n), 1)
            met[moment] += 1
    return written


@lru_cache(maxsize=1024)  # The same moments come again in each feed that has the entries.
def _updated(moment: datetime, n: int) -> bytes:
    return f"<updated>{same_moment(moment, n)}</updated>".encode()


def _head(snapshot: Snapshot) -> FeedGenerator:
    feed, links = snapshot.feed, snapshot.links
    # Validators do not know the namespace of tombstones: declare it only where there are any.
    used = {**ATOM_NAMESPACES, "at": TOMBSTONES} if snapshot.deleted else ATOM_NAMESPACES
    head = FeedGenerator()
    head.register_extension("pabal", lambda: FeedExtension(snapshot, used))
    head.id(feed_uri(feed))
    head.title(plain.held(titles.title(feed)))
    head.subtitle(plain.held(titles.description(feed)))
    head.updated(snapshot.updated)
    head.author(name=plain.held(feed.publisher))
    head.generator("Pabal")
    head.language(titles.language(feed))
    head.link(href=links.home, rel="alternate", type="text/html")
    head.link(href=links.own.atom, rel="self", type=Format.ATOM.mime_type)
    return head


def _describe(item: FeedEntry, entry: Entry) -> None:
    if entry.content_html is not None:
        item.content(entry.content_html, type="html")
    elif entry.content_text is not None:
        item.content(plain.as_html(entry.content_text), type="html")
    summary = entry.summary if entry.has_content else entry.gist
    if summary is not None:
        item.summary(plain.held(summary), type="text")
    for author in entry.authors:
        if shown := author.name or author.url:
            item.author(name=plain.held(shown), uri=author.url)
    item.category(
        term=entry.section,
        scheme=SECTION_SCHEME,
        label=titles.section_name(entry.section, entry.language),
    )
    for tag in entry.tags:
        item.category(term=tag, label=plain.held(tag))
    if entry.rights is not None:
        item.rights(plain.held(entry.rights))
