"""Rebuild: a burst of events becomes one render for each feed that any of them touches."""

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select, update

from services.feeds import cache, documents, family, snapshots, store
from services.feeds.archive import arrivals, closing
from services.feeds.archive.pages import Overdue
from services.feeds.definition import Definition, touched
from services.feeds.facets import facets_from
from services.feeds.render.formats import Format
from shared.db import engine
from shared.db.feeds import progress
from shared.db.ingest import event
from shared.errors import NotFound
from shared.interest import Facets
from shared.redis import redis
from shared.settings import settings

MOST = 20
"""Batches in one run: the next ring goes on."""

_log = structlog.get_logger(__name__)


def rebuild() -> int:
    """Bring the documents up to the events numbered so far; return how many were written.

    Progress is noted only after the documents are stored: with Redis away this raises, and the
    next ring does it again. Does nothing while another rebuild works.
    """
    written = 0
    for _ in range(MOST):
        arrivals.note()
        with engine.transaction() as connection:
            reached = connection.execute(
                select(progress.c.sequence, progress.c.arrived).with_for_update(skip_locked=True)
            ).one_or_none()
            if reached is None:
                break
            rows = _events(connection, *reached)
            if not rows:
                break
            posts = [row.post_id for row in rows if row.post_id is not None]
            # A translation that comes or goes changes the entries of the others.
            states = [*_states(rows), *family.facets_of(connection, posts)]
            written += _render(touched(states), rows[0].sequence, rows[-1].sequence)
            connection.execute(update(progress).values(sequence=rows[-1].sequence))
    return written


def _events(connection: Connection, after: int, until: int) -> Sequence[Row[*tuple[Any, ...]]]:
    columns = (
        event.c.sequence, event.c.post_id, event.c.section, event.c.language,
        event.c.tags, event.c.audience, event.c.was,
    )  # fmt: skip
    query = select(*columns).where(event.c.sequence > after, event.c.sequence <= until)
    ordered = query.order_by(event.c.sequence).limit(arrivals.EVENTS_AT_ONCE)
    return connection.execute(ordered).all()


def _states(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterable[Facets]:
    for row in rows:
        if row.section is not None:
            yield facets_from(row._asdict())
        if row.was is not None:
            yield facets_from(row.was)


def _render(definitions: Iterable[Definition], first: int, last: int) -> int:
    """Render feeds from one snapshot of the database and store what changed.

    ``first`` and ``last`` are the sequences of the events that touched them.
    """
    ordered = sorted(definitions, key=lambda wanted: wanted.name)
    written, overdue = _pass(ordered, as_is=False)
    for found in overdue.values():
        closing.close(found.archive)
    if overdue:
        written += _pass(overdue, as_is=True)[0]
    _log.info("feeds rebuilt", first=first, last=last, feeds=len(ordered), written=written)
    return written


def _pass(
    definitions: Iterable[Definition], *, as_is: bool
) -> tuple[int, dict[Definition, Overdue]]:
    """Render feeds from one snapshot; return how many documents changed.

    And for which feeds a page has to be closed first: these are not rendered.
    """
    written, overdue = 0, {}
    with engine.snapshot() as connection:
        as_of = store.numbered(connection)
        for definition in definitions:
            try:
                written += _store(connection, definition, as_of, as_is)
            except Overdue as found:
                overdue[definition] = found
    return written, overdue


def _store(
    connection: Connection,
    definition: Definition,
    as_of: int,
    as_is: bool,
) -> int:
    """Store a feed's documents; return how many changed. One that fails spoils no other."""
    try:
        shown = snapshots.of_definition(connection, definition, settings(), as_is=as_is)
        rendered = [
            (definition.path(form), documents.rendered(form, shown, as_of)) for form in Format
        ]
    except NotFound:
        return 0
    except (ValueError, LookupError, AttributeError, TypeError):
        # A request for it will tell; the others must not wait.
        _log.exception("feed not rendered", feed=definition.name)
        for form in Format:
            cache.drop(redis(), definition.path(form))
        return 0
    return sum(cache.put(redis(), path, document) for path, document in rendered)
