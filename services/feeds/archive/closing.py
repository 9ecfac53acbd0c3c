"""Closing: a page that has become full gets its end, once and for all."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Integer, cast, delete, func, insert, literal, select, text
from sqlalchemy.exc import SQLAlchemyError

from services.feeds import readers
from services.feeds.archive.archive import Archive, fingerprint
from services.feeds.archive.pages import STANDING, Overdue, as_it_came, last_end
from services.feeds.selections import VISIBLE
from shared.db import engine
from shared.db.feeds import page, stay
from shared.db.ingest import revision

PAGES_AT_ONCE = 200
"""Pages closed in one transaction."""

MOST = 1000
"""Transactions for one archive: the next reader goes on."""

# Any constant will do; all who close pages of one feed take the same lock.
_LOCK = 0x7061_6206
_PATIENCE = text("SET LOCAL lock_timeout = '2s'")
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


def read(take: Callable[[Connection, bool], _T]) -> _T:
    """Return what ``take`` reads from a snapshot of the database, closing full pages before it.

    ``take`` gets the connection and whether pages are to be taken as they are, as where they
    cannot be closed just now.
    """
    try:
        with engine.snapshot() as connection:
            return take(connection, False)
    except Overdue as found:
        close(found.archive)
    with engine.snapshot() as connection:
        return take(connection, True)


def close(archive: Archive) -> None:
    """Close the archive's full pages; does nothing while the database cannot be written.

    Raises ``NotFound`` where the partner is gone.
    """
    try:
        for _ in range(MOST):
            with engine.transaction() as connection:
                if _close_some(connection, archive) < PAGES_AT_ONCE:
                    return
    except SQLAlchemyError as error:
        if not engine.is_away(error):
            raise
        _log.info("pages not closed", feed=archive.feed, error=type(error).__name__)


def _close_some(connection: Connection, archive: Archive) -> int:
    """Close pages in the caller's transaction; return how many."""
    connection.execute(_PATIENCE)
    lock = func.pg_advisory_xact_lock(cast(_LOCK, Integer), func.hashtext(archive.feed))
    connection.execute(select(lock))
    if archive.partner is not None:
        reader = readers.keep(connection, archive.partner)
        if fingerprint(reader.interest) != archive.interest:
            return 0
        # Pages of another interest hold other posts.
        old = (page.c.feed == archive.feed, page.c.interest != archive.interest)
        connection.execute(delete(page).where(*old))
    return _give_ends(connection, archive)


def _give_ends(connection: Connection, archive: Archive) -> int:
    end = last_end(connection, archive)
    standing = (
        select(stay.c.sequence)
        .join(revision, as_it_came(stay.c))
        .where(VISIBLE, STANDING, stay.c.sequence > end.last, *archive.stays.all)
        .order_by(stay.c.sequence)
        .limit(PAGES_AT_ONCE * archive.size)
        .subquery()
    )
    place = func.row_number().over(order_by=standing.c.sequence).label("place")
    placed = select(standing.c.sequence, place).subquery()
    ends = select(
        literal(archive.feed),
        literal(archive.interest),
        literal(archive.partner, page.c.partner.type),
        end.number + placed.c.place // archive.size,
        placed.c.sequence,
    ).where(placed.c.place % archive.size == 0)
    columns = ("feed", "interest", "partner", "number", "last")
    closed = insert(page).from_select(columns, ends).returning(page.c.number)
    return len(connection.execute(closed).all())
