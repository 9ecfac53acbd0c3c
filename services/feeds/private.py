"""A partner's own documents, opened by its token: rendered when asked for, kept nowhere."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from services.feeds import documents, readers, selections, snapshots, store
from services.feeds.archive import archive, closing
from services.feeds.definition import ALL, below
from services.feeds.digest import pages
from services.feeds.digest import store as issues
from services.feeds.documents import Document
from services.feeds.readers import Reader
from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Entry, Feed, Links, Snapshot, Urls
from services.feeds.snapshots import Place
from shared.db import engine
from shared.errors import NotFound
from shared.settings import settings

DIGESTS = "digests"


def find(token: str, name: str, place: str, page: int | None = None) -> Document:
    """Return a private document, such as ``news.atom``, or a page of its archive.

    ``place`` stands below ``/p/`` in links. Raises ``NotFound`` for what opens nothing.
    """
    section, dot, extension = name.rpartition(".")
    if not dot or extension not in tuple(Format):
        raise NotFound("nothing is here")

    def take(connection: Connection, as_is: bool) -> tuple[int, Snapshot]:
        reader = readers.by_token(connection, token)
        as_of = store.numbered(connection)
        return as_of, snapshot(connection, reader, place, section, page, as_is=as_is)

    as_of, shown = closing.read(take)
    return documents.rendered(Format(extension), shown, as_of)


def digest_page(token: str, id: str) -> str:
    """Return one of the partner's issues as HTML; raises ``NotFound``."""
    with engine.snapshot() as connection:
        reader = readers.by_token(connection, token)
        issue = issues.get(connection, reader, id)
        if issue is None:
            raise NotFound("nothing is here")
        return pages.current(connection, issue, reader)


def snapshot(
    connection: Connection,
    reader: Reader,
    place: str,
    section: str,
    page: int | None = None,
    *,
    as_is: bool,
) -> Snapshot:
    """Return a partner's feed, or a page of its archive, as it is now; raises ``NotFound``."""
    base = settings().base_url
    feed = Feed(base, settings().title, section, reader.language, partner=reader.id)
    where = Place(f"{base}/feeds", partial(_urls, f"{base}/p/{place}", section))
    if section == DIGESTS and page is None:
        return _digests(connection, reader, feed, where)
    if section != ALL and not store.has_section(connection, reader.id, section):
        raise NotFound("nothing is here")
    kept = archive.of_partner(reader.id, reader.interest, section)
    return snapshots.taken(connection, kept, feed, where, page, as_is=as_is)


def _digests(connection: Connection, reader: Reader, feed: Feed, where: Place) -> Snapshot:
    found = issues.newest(connection, reader, None, store.NEWEST, only_sent=True)
    told = {post.id for issue in found for post in issue.posts}
    gone = store.last_seen(connection, list(told), (selections.may_see(reader.id),))
    entries = tuple(_entry(issue, reader, gone) for issue in found)
    updated = max((entry.updated for entry in entries), default=selections.EMPTY)
    return Snapshot(feed, Links(where.home, where.urls(None)), updated, entries)


def _entry(issue: issues.Digest, reader: Reader, gone: Mapping[str, datetime]) -> Entry:
    """Return an issue's entry, without the posts that the partner may not see any more."""
    sent_at = issue.sent_at or issue.until_at
    left = [gone[post.id] for post in issue.posts if post.id in gone]
    return Entry(
        id=issue.id,
        url=pages.url(issue),
        title=issue.subject or issue.id,
        section=DIGESTS,
        language=reader.language,
        revision=1,
        published=sent_at,
        updated=max([sent_at, *left]),
        content_text="\n".join(post.title for post in issue.posts if post.id not in gone) or None,
    )


def _urls(home: str, section: str, page: int | None) -> Urls:
    start = f"{home}/{below(page)}{section}"
    return Urls(f"{start}.rss", f"{start}.atom", f"{start}.json")
