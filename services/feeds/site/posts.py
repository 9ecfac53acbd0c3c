"""A public post's page; the publisher's own page stays the canonical one."""

import unicodedata

from services.feeds import documents, store
from services.feeds.documents import Document
from services.feeds.site import paths, reads, words
from services.feeds.site.listing import Listing
from services.feeds.site.page import MEDIA_TYPE, Page
from services.feeds.site.reads import Shown
from services.feeds.site.view import view
from shared.db import engine
from shared.errors import Gone, NotFound
from shared.interest import language_ranges
from shared.settings import settings

PAGE = Page("post", images="https: http:")
LONGEST = 4 * 512
"""Characters of an id, however they are composed: no character is made of more than four."""


def find(id: str) -> Document:
    """Return a post's page.

    Raises ``Gone`` for one that was withdrawn while it was public, and the same ``NotFound`` for
    all others: of a post that is not public, nobody can tell that it is there.
    """
    if len(id) > LONGEST:
        raise NotFound("there is no such post")
    # As ids are stored, whatever form a client prefers.
    named = unicodedata.normalize("NFC", id)
    with engine.snapshot() as connection:
        as_of = store.numbered(connection)
        found = reads.shown(connection, named)
        if found is None and reads.is_withdrawn(connection, named):
            raise Gone("this post has been withdrawn")
    if found is None:
        raise NotFound("there is no such post")
    return documents.document(_write(found), MEDIA_TYPE, found.changed, as_of)


def _write(shown: Shown) -> bytes:
    entry, base, publisher = shown.entry, settings().base_url, settings().title
    spoken = words.for_post(entry.language)
    feeds = Listing(spoken, publisher, base).section(
        entry.section, reversed(language_ranges(entry.language))
    )
    return PAGE.write(
        words=spoken,
        publisher=publisher,
        home=f"{base}{paths.DIRECTORY}?lang={spoken.language}",
        own=base + paths.post(entry.id),
        feeds=feeds,
        post=view(entry, spoken, settings().timezone, base),
    )
