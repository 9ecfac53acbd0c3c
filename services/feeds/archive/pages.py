"""Pages: which posts stand on which, and when a page last changed.

A page covers the arrivals after the end of the page before it up to its own end; the open page
covers all that came after the last end. A page ends where it has become full, so no later arrival
can fall into it: it only ever loses posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from services.feeds import store
from services.feeds.archive.archive import Archive
from services.feeds.selections import EMPTY, SHOWN, among
from shared.db.feeds import page, stay
from shared.db.ingest import revision

STANDING = stay.c.left_at.is_(None)


class Overdue(Exception):
    """The open page is full: it is to be closed before anything is read."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive.feed)
        self.archive = archive


@dataclass(frozen=True, slots=True)
class End:
    """The end of the last closed page: its number, and the last arrival that it covers."""

    number: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the arrivals that it covers, and the posts that stand there, the first first."""

    number: int
    after: int
    until: int | None
    posts: Sequence[str]

    @property
    def closed(self) -> bool:
        """Tell whether nothing can come into it any more."""
        return self.until is not None


def of(archive: Archive) -> ColumnElement[bool]:
    """Return the condition that a closed page is the archive's."""
    return and_(page.c.feed == archive.feed, page.c.interest == archive.interest)


def last_end(connection: Connection, archive: Archive) -> End:
    """Return where the last closed page ends."""
    ends = select(page.c.number, page.c.last).where(of(archive))
    row = connection.execute(ends.order_by(page.c.number.desc()).limit(1)).one_or_none()
    return End() if row is None else End(row.number, row.last)


def newest(connection: Connection, archive: Archive, *, as_is: bool) -> int | None:
    """Return the number of the last page on which anything stands; None if there is none.

    Raises ``Overdue`` where the open page is full, unless it is to be taken as it is.
    """
    end = last_end(connection, archive)
    arrived = [
        row.sequence
        for row in store.first(
            connection,
            STANDING,
            archive.stays,
            order=(stay.c.sequence,),
            columns=(stay.c.sequence,),
            limit=archive.size,
            nothing=0,
        )
    ]
    if not arrived:
        return None
    if len(arrived) == archive.size and arrived[-1] > end.last and not as_is:
        raise Overdue(archive)
    if arrived[0] > end.last:
        return end.number + 1
    covering = select(func.min(page.c.number)).where(of(archive), page.c.last >= arrived[0])
    number: int | None = connection.scalar(covering)
    return number


def get(connection: Connection, archive: Archive, number: int, *, as_is: bool) -> Page | None:
    """Return a page; the one after the last full one is there too, perhaps empty.

    Raises ``Overdue`` where the open page is full, unless it is to be taken as it is.
    """
    end = last_end(connection, archive)
    if number <= end.number:
        return _closed(connection, archive, number)
    posts = _standing(connection, archive, stay.c.sequence > end.last, archive.size)
    if len(posts) == archive.size and not as_is:
        raise Overdue(archive)
    return Page(number, end.last, None, posts) if number == end.number + 1 else None


def changed(connection: Connection, archive: Archive, shown: Page) -> datetime:
    """Return when a post of a page last came, was revised or left.

    A post that left is asked of its stay alone: what became of it later is told elsewhere.
    """
    left = select(func.max(stay.c.left_at)).where(_covered(shown), *archive.stays.all)
    latest = func.max(func.greatest(revision.c.shown_from, revision.c.shown_until))
    stood = select(latest).where(SHOWN, among(shown.posts), *archive.posts.all)
    moments = (connection.scalar(left), connection.scalar(stood))
    return max((moment for moment in moments if moment is not None), default=EMPTY)


def _closed(connection: Connection, archive: Archive, number: int) -> Page:
    ends = select(page.c.number, page.c.last).where(
        of(archive), page.c.number.in_((number - 1, number))
    )
    last = {row.number: row.last for row in connection.execute(ends)}
    bounds = Page(number, last.get(number - 1, 0), last[number], ())
    posts = _standing(connection, archive, _covered(bounds), limit=None)
    return Page(number, bounds.after, bounds.until, posts)


def _covered(bounds: Page) -> ColumnElement[bool]:
    began = stay.c.sequence > bounds.after
    return began if bounds.until is None else and_(began, stay.c.sequence <= bounds.until)


def _standing(
    connection: Connection, archive: Archive, covered: ColumnElement[bool], limit: int | None
) -> Sequence[str]:
    """Return the posts that stand in a range of arrivals; in a closed one they are few."""
    # Where they are rare, no index has this order: the planner cannot hope to meet them soon.
    order = stay.c.sequence + 0 if archive.stays.rare else stay.c.sequence
    query = select(stay.c.post_id).where(STANDING, covered, *archive.stays.all)
    return connection.scalars(query.order_by(order).limit(limit)).all()
