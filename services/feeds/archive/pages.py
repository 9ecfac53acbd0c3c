"""Pages: which posts stand on which, and when a page last changed.

A page covers the arrivals after the end of the page before it up to its own end; the open page
covers all that came after the last end. A page ends where it has become full, so no later arrival
can fall into it: it only ever loses posts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from services.feeds import ordered, store
from services.feeds.archive.archive import Archive
from services.feeds.ordered import Ordered
from services.feeds.selections import EMPTY, SHOWN
from services.feeds.store import Found
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
    """A page: its number, and the arrivals that it covers; an open one has no end yet."""

    number: int
    after: int
    until: int | None = None

    @property
    def covered(self) -> ColumnElement[bool]:
        """Return the condition that a stay began on this page."""
        began = stay.c.sequence > _planned(self.after)
        return began if self.until is None else and_(began, stay.c.sequence <= _planned(self.until))


def of(archive: Archive) -> ColumnElement[bool]:
    """Return the condition that a closed page is the archive's."""
    return and_(page.c.feed == archive.feed, page.c.interest == archive.interest)


def last_end(connection: Connection, archive: Archive) -> End:
    """Return where the last closed page ends."""
    ends = select(page.c.number, page.c.last).where(of(archive))
    row = connection.execute(ends.order_by(page.c.number.desc()).limit(1)).one_or_none()
    return End() if row is None else End(row.number, row.last)


def unseen(
    connection: Connection, archive: Archive, seen: Collection[str], *, as_is: bool
) -> int | None:
    """Return the number of the last page with a post that is not among those seen; None for none.

    Raises ``Overdue`` where the open page is full, unless it is to be taken as it is.
    """
    arrived = ordered.first(
        connection,
        Ordered(
            STANDING,
            archive.stays,
            order=(stay.c.sequence,),
            columns=(stay.c.sequence, stay.c.post_id),
            limit=max(archive.size, len(seen) + 1),
            nothing=0,
        ),
    )
    end = last_end(connection, archive)
    full = len(arrived) >= archive.size and arrived[archive.size - 1].sequence > end.last
    if full and not as_is:
        raise Overdue(archive)
    found = next((row.sequence for row in arrived if row.post_id not in seen), None)
    return None if found is None else _number(connection, archive, end, found)


def get(connection: Connection, archive: Archive, number: int, *, as_is: bool) -> Page | None:
    """Return a page; the one after the last full one is there too, perhaps empty.

    Raises ``Overdue`` where the open page is full, unless it is to be taken as it is.
    """
    end = last_end(connection, archive)
    if number <= end.number:
        return _closed(connection, archive, number)
    last = Page(end.number + 1, end.last)
    if not as_is and len(connection.execute(_standing(archive, last)).all()) == archive.size:
        raise Overdue(archive)
    return last if number == last.number else None


def found(connection: Connection, archive: Archive, shown: Page) -> Found:
    """Return the posts on a page."""
    here = _standing(archive, shown).subquery()
    return store.found(connection, (), limit=None, of=revision.join(here, as_it_came(here.c)))


def changed(connection: Connection, archive: Archive, shown: Page) -> datetime:
    """Return when a post of a page last came, was revised or left.

    A post that left is asked of its stay alone: what became of it later is told elsewhere.
    """
    here = _standing(archive, shown).subquery()
    left = select(func.max(stay.c.left_at)).where(shown.covered, *archive.stays.all)
    latest = func.max(func.greatest(revision.c.shown_from, revision.c.shown_until))
    stood = select(latest).join(here, as_it_came(here.c)).where(SHOWN)
    moments = (connection.scalar(left), connection.scalar(stood))
    return max((moment for moment in moments if moment is not None), default=EMPTY)


def as_it_came(stays: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Return the condition that a revision is one of a stay's post, and has its facets.

    What has others is about to move, and stands nowhere until it has: so neither does a page gain
    a post, nor does anybody see one that is not for them.
    """
    return and_(
        revision.c.post_id == stays.post_id,
        revision.c.section == stays.section,
        revision.c.ranges == stays.ranges,
        revision.c.tags == stays.tags,
        revision.c.audience.is_not_distinct_from(stays.audience),
    )


def _number(connection: Connection, archive: Archive, end: End, sequence: int) -> int:
    """Return on which page an arrival is."""
    if sequence > end.last:
        return end.number + 1
    before = select(page.c.number).where(of(archive), page.c.last < sequence)
    last: int | None = connection.scalar(before.order_by(page.c.number.desc()).limit(1))
    return (last or 0) + 1


def _closed(connection: Connection, archive: Archive, number: int) -> Page:
    ends = select(page.c.number, page.c.last).where(
        of(archive), page.c.number.in_((number - 1, number))
    )
    last = {row.number: row.last for row in connection.execute(ends)}
    return Page(number, last.get(number - 1, 0), last[number])


def _standing(archive: Archive, shown: Page) -> Select[Any]:
    """Select the stays on a page; of an open one, no more than fill it."""
    here = select(stay).where(STANDING, shown.covered, *archive.stays.all)
    if shown.until is not None:
        return here
    # Where they are rare, no index has this order: the planner cannot hope to meet them soon.
    order = stay.c.sequence + 0 if archive.stays.rare else stay.c.sequence
    return here.order_by(order).limit(archive.size)


def _planned(sequence: int) -> BindParameter[int]:
    """Return a bound that the planner knows: a range of a rare tag is long, one of all is short."""
    return bindparam("bound", sequence, unique=True, literal_execute=True)
