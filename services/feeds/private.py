"""A partner's own documents, opened by its token: rendered when asked for, kept nowhere."""

from functools import partial

from sqlalchemy import Connection

from services.feeds import documents, readers, selections, snapshots, store
from services.feeds.archive import archive, closing
from services.feeds.definition import ALL, below
from services.feeds.digest import entries as digest_entries
from services.feeds.digest import pages
from services.feeds.digest import store as issues
from services.feeds.documents import Document
from services.feeds.readers import Reader
from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Feed, Links, Snapshot, Urls
from services.feeds.snapshots import Place
from shared.db import engine
from shared.errors import NotFound
from shared.settings import settings


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


def digest_page(token: str, id: str, number: int) -> str:
    """Return a page, from 1, of one of the partner's issues as HTML; raises ``NotFound``."""
    with engine.snapshot() as connection:
        reader = readers.by_token(connection, token)
        issue = issues.get(connection, reader, id)
        if issue is None:
            raise NotFound("nothing is here")
        return pages.own(connection, issue, reader, number)


def digest_list(token: str, number: int) -> str:
    """Return a page, from 1, of the list of the partner's issues; raises ``NotFound``."""
    with engine.snapshot() as connection:
        return pages.listed(connection, readers.by_token(connection, token), number)


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
    if section == digest_entries.SECTION and page is None:
        return _digests(connection, reader, feed, where)
    if section != ALL and not store.has_section(connection, reader.id, section):
        raise NotFound("nothing is here")
    kept = archive.of_partner(reader.id, reader.interest, section)
    return snapshots.taken(connection, kept, feed, where, page, as_is=as_is)


def _digests(connection: Connection, reader: Reader, feed: Feed, where: Place) -> Snapshot:
    entries = tuple(digest_entries.newest(connection, reader, store.NEWEST))
    updated = max((entry.updated for entry in entries), default=selections.EMPTY)
    return Snapshot(feed, Links(where.home, where.urls(None)), updated, entries)


def _urls(home: str, section: str, page: int | None) -> Urls:
    start = f"{home}/{below(page)}{section}"
    return Urls(f"{start}.rss", f"{start}.atom", f"{start}.json")
