"""The page that lists the public feeds for people, in Korean or English."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel import Locale

from services.feeds import documents, selections, store
from services.feeds.definition import Definition
from services.feeds.documents import Document
from services.feeds.site import paths, reads
from services.feeds.site.listing import Listing
from services.feeds.site.page import MEDIA_TYPE, Page
from services.feeds.site.reads import Headline
from services.feeds.site.words import Words, date
from shared.db import engine
from shared.settings import settings

PAGE = Page("directory")
LATEST = 5
"""Posts that the page names."""

TAGS = 24
TAGGED = 200
"""The latest posts, of which the tags are counted."""


@dataclass(frozen=True, slots=True)
class Post:
    """One of the latest posts."""

    title: str
    url: str
    language: str
    day: str
    date: str


def find(words: Words) -> Document:
    """Return the page as it is now; it tells of nothing that is not public."""
    with engine.snapshot() as connection:
        as_of = store.numbered(connection)
        changed = store.last_changed(connection, selections.of_definition(Definition()))
        pairs = reads.catalogue(connection)
        tags = reads.tags(connection, TAGGED, TAGS)
        latest = reads.latest(connection, LATEST)
    html = _write(words, pairs, tags, latest)
    return documents.document(html, MEDIA_TYPE, changed, as_of)


def _write(
    words: Words,
    pairs: Iterable[tuple[str, str]],
    tags: Iterable[str],
    latest: Iterable[Headline],
) -> bytes:
    base, publisher = settings().base_url, settings().title
    listing = Listing(words, publisher, base)
    return PAGE.write(
        words=words,
        publisher=publisher,
        home=base + paths.DIRECTORY,
        opml=f"{base}{paths.OPML}?lang={words.language}",
        latest=[_post(headline, words, settings().timezone) for headline in latest],
        groups=listing.by_section(pairs),
        tags=listing.by_tag(tags),
    )


def _post(headline: Headline, words: Words, zone: ZoneInfo) -> Post:
    moment = headline.published.astimezone(zone)
    return Post(
        title=headline.title,
        url=settings().base_url + paths.post(headline.id),
        language=headline.language,
        day=moment.date().isoformat(),
        date=date(moment, Locale(words.language)),
    )
