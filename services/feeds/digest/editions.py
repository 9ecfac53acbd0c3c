"""The editions that one look at due digests works with.

An edition is used as long as no post has changed since it was read, which is asked before each
use: so it tells nothing that reading it again would not.
"""

from collections.abc import Sequence

from cachetools import LRUCache
from sqlalchemy import BigInteger, Connection, bindparam, select

from services.feeds import store as posts
from services.feeds.digest import reads
from services.feeds.digest.edition import Brought, Edition
from services.feeds.digest.store import Window
from services.feeds.facets import facets_from
from services.feeds.selections import any_of
from shared.db.ingest import event
from shared.schema.event import EventType

MOST_EVENTS = 10_000
"""Of a window that is kept in memory; one with more is read for each partner by itself."""

_AT_ONCE = 4

_OF_A_POST = select(event.c.id).where(event.c.post_id.is_not(None))
_NUMBERED = _OF_A_POST.where(event.c.sequence > bindparam("since", type_=BigInteger))
_COMING = _OF_A_POST.where(event.c.sequence.is_(None), event.c.sequenced)
# In order, so that the index is read, and not all events where statistics are old.
_CHANGED = select(
    _NUMBERED.order_by(event.c.sequence).limit(1).scalar_subquery().is_not(None) | _COMING.exists()
)


class Editions:
    """Keeps the editions of the windows that were asked for last."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[int, int], Edition] = LRUCache(_AT_ONCE)

    def of(self, connection: Connection, window: Window) -> Edition | None:
        """Return the edition of a window, as it is now; None for one that is too large."""
        if window.until - window.after > MOST_EVENTS:
            return None
        key = (window.after, window.until)
        kept = self._kept.get(key)
        if kept is None or _changed_since(connection, kept.sequence):
            kept = self._kept[key] = _read(connection, window)
        return kept


def _changed_since(connection: Connection, sequence: int) -> bool:
    """Tell whether any post changed after an event, numbered or not yet."""
    return bool(connection.scalar(_CHANGED, {"since": sequence}))


def _read(connection: Connection, window: Window) -> Edition:
    """Read an edition; what changes meanwhile changes after ``sequence``, which comes first."""
    sequence = posts.numbered(connection)
    query = select(event.c.post_id, event.c.type, event.c.was).where(
        event.c.sequence > window.after,
        event.c.sequence <= window.until,
        event.c.post_id.is_not(None),
    )
    events = connection.execute(query).all()
    published = {each.post_id for each in events if each.type == EventType.POST_PUBLISHED}
    ids = list({each.post_id for each in events})
    found = reads.with_facets(connection, ids)
    brought = {post.id: Brought(post, facets, post.id in published) for post, facets in found}
    return Edition(
        sequence,
        brought,
        moved=tuple(
            (each.post_id, facets_from(each.was))
            for each in events
            if each.type == EventType.POST_UPDATED and each.was is not None
        ),
        earlier=_any_before(connection, window, ids),
        restricted=reads.any_restricted(connection, [each.post for each in brought.values()]),
    )


def _any_before(connection: Connection, window: Window, ids: Sequence[str]) -> bool:
    """Tell whether any of these posts had an event before a window."""
    before = select(event.c.id).where(
        any_of(event.c.post_id, ids), event.c.sequence <= window.after
    )
    return bool(connection.scalar(select(before.exists())))
