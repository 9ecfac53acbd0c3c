"""The public documents: from Redis, else rendered on the spot; whole, or what is new in them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from services.feeds import cache, documents, snapshots, store
from services.feeds.archive import closing
from services.feeds.definition import Definition
from services.feeds.documents import Document
from services.feeds.lag import lag
from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Snapshot
from shared.redis import AWAY, Breaker, redis
from shared.settings import settings

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_breaker = Breaker()


@dataclass(frozen=True, slots=True)
class Version:
    """A document as it was: its entity tag, and the marks of the entries that stood in it."""

    etag: str
    marks: frozenset[bytes]


def find(definition: Definition, form: Format, known: Document | None = None) -> Document:
    """Return a document; the ``known`` one where it is that one still.

    Raises ``NotFound`` for a feed that was never used.
    """
    path = definition.path(form)
    held = None if lag.behind else _ask(lambda: cache.get(redis(), path, known))
    if held is not None:
        return held
    _, rendered = _render(definition, form)
    _ask(lambda: cache.put(redis(), path, rendered))
    return rendered


def version(definition: Definition, form: Format, tags: Collection[str]) -> Version | None:
    """Return the newest version that one of the tags names; None where none is remembered."""
    found = _ask(lambda: cache.version(redis(), definition.path(form), tags))
    return None if found is None else Version(*found)


def since(definition: Definition, form: Format, base: Version) -> Document:
    """Return the document with only those entries that are new or changed since a version.

    Its entity tag is the whole document's (RFC 3229; "feed" as an instance manipulation).
    """
    shown, whole = _render(definition, form)
    _ask(lambda: cache.put(redis(), definition.path(form), whole))
    fresh = tuple(entry for entry in shown.entries if entry.mark not in base.marks)
    new = documents.rendered(form, replace(shown, entries=fresh), whole.as_of)
    return replace(whole, body=new.body)


def page(definition: Definition, form: Format, number: int) -> Document:
    """Return a page of a feed's archive, rendered on the spot; raises ``NotFound``."""
    return _render(definition, form, number)[1]


def _render(
    definition: Definition, form: Format, page: int | None = None
) -> tuple[Snapshot, Document]:
    def take(connection: Connection, as_is: bool) -> tuple[int, Snapshot]:
        as_of = store.numbered(connection)
        return as_of, snapshots.of_definition(connection, definition, settings(), page, as_is=as_is)

    as_of, shown = closing.read(take)
    return shown, documents.rendered(form, shown, as_of)


def _ask(question: Callable[[], T]) -> T | None:
    """Ask Redis; None where it is away, or was a moment ago."""
    if not _breaker.admits():
        return None
    try:
        answer = question()
    except AWAY as error:
        if _breaker.failed():
            _log.warning("feeds are served without Redis", error=type(error).__name__)
        return None
    _breaker.answered()
    return answer
