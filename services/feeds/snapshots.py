"""Snapshots: what a feed's current document shows, or a page of its archive, as it is now."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from services.feeds import store
from services.feeds.archive import archive, pages
from services.feeds.archive.archive import Archive
from services.feeds.definition import Definition
from services.feeds.render.snapshot import Feed, Links, Snapshot, Urls
from shared.errors import NotFound
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed's documents are: its HTML page, the current document, each archive page."""

    home: str
    urls: Callable[[int | None], Urls]


def of_definition(
    connection: Connection,
    definition: Definition,
    settings: Settings,
    page: int | None = None,
    *,
    as_is: bool,
) -> Snapshot:
    """Return a public feed, or a page of its archive, as it is now; raises as ``taken`` does."""
    if not store.is_known(connection, definition):
        raise NotFound("there is no such feed: /feeds lists them")
    base = settings.base_url
    feed = Feed(base, settings.title, definition.section, definition.language, definition.tag)
    place = Place(f"{base}/feeds", partial(definition.urls, base))
    kept = archive.of_definition(definition)
    return taken(connection, kept, feed, place, page, as_is=as_is)


def taken(
    connection: Connection,
    kept: Archive,
    feed: Feed,
    place: Place,
    page: int | None = None,
    *,
    as_is: bool,
) -> Snapshot:
    """Return the snapshot of a feed, or of a page of its archive.

    Raises ``NotFound`` for a page that is not there, and ``Overdue`` where one has to be closed
    before, unless pages are to be taken as they are.
    """
    if page is None:
        return _current(connection, kept, feed, place, as_is)
    shown = pages.get(connection, kept, page, as_is=as_is)
    if shown is None:
        raise NotFound("the archive has no such page")
    return _page(connection, kept, feed, place, shown)


def _current(
    connection: Connection, kept: Archive, feed: Feed, place: Place, as_is: bool
) -> Snapshot:
    found = store.newest(connection, kept.posts)
    seen = {entry.id for entry in found.entries}
    # Readers hold archives for unchanging: the open page is linked only where it is needed.
    older = pages.unseen(connection, kept, seen, as_is=as_is) if found.more else None
    changed = store.last_changed(connection, kept.posts)
    return Snapshot(
        feed=feed,
        links=Links(
            place.home, place.urls(None), older=None if older is None else place.urls(older)
        ),
        updated=max(changed, found.changed),
        entries=tuple(found.entries),
        tombstones=store.tombstones(connection, kept.posts),
    )


def _page(
    connection: Connection, kept: Archive, feed: Feed, place: Place, shown: pages.Page
) -> Snapshot:
    found = pages.found(connection, kept, shown)
    changed = pages.changed(connection, kept, shown)
    return Snapshot(
        feed=feed,
        links=Links(
            place.home,
            place.urls(shown.number),
            older=place.urls(shown.number - 1) if shown.number > 1 else None,
            newer=place.urls(shown.number + 1) if shown.until is not None else None,
            current=place.urls(None),
        ),
        updated=max(changed, found.changed),
        entries=tuple(found.entries),
    )
