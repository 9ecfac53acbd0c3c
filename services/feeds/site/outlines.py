"""The list of all feeds as a file for feed readers."""

from services.feeds import documents, selections, store
from services.feeds.definition import Definition
from services.feeds.documents import Document
from services.feeds.render import opml
from services.feeds.render.opml import Outline, Subscription
from services.feeds.site import paths, reads
from services.feeds.site.listing import Group, Listing
from services.feeds.site.words import Words
from shared.db import engine
from shared.settings import settings

LATEST = 2000
"""The posts whose tags have their feeds listed."""

MOST_TAGS = 1000


def find(words: Words) -> Document:
    """Return the list as it is now."""
    with engine.snapshot() as connection:
        as_of = store.numbered(connection)
        changed = store.last_changed(connection, selections.of_definition(Definition()))
        pairs = reads.catalogue(connection)
        tags = reads.tags(connection, LATEST, MOST_TAGS)
    base, publisher = settings().base_url, settings().title
    listing = Listing(words, publisher, base)
    groups = [*listing.by_section(pairs), listing.by_tag(tags)]
    outlines = [_outline(group, base + paths.DIRECTORY) for group in groups if group.lines]
    body = opml.render(f"{publisher}: {words.title}", changed, outlines)
    return documents.document(body, opml.MEDIA_TYPE, changed, as_of)


def _outline(group: Group, page: str) -> Outline:
    return Outline(
        group.heading,
        tuple(Subscription(line.title, line.urls.rss, page, line.language) for line in group.lines),
    )
