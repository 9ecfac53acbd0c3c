"""What an issue tells of: the posts of its window, and what became of those told before.

A post is told as it is now: what may not be seen any more is left out, and of what was told
before, only the title stays, in a notice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from services.feeds import selections
from services.feeds import store as posts
from services.feeds.digest import store
from services.feeds.digest.items import Withdrawn
from services.feeds.digest.store import Digest, Window
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry
from shared.interest import Facets, matches, may_see
from shared.schema.digest import DigestPost

MOST_TOLD = 500
"""Posts that one issue tells of; those beyond are only counted."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a window holds for one partner; ``total`` counts what was published in it."""

    published: list[Entry] = field(default_factory=list)
    corrected: list[Entry] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)
    total: int = 0

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.published or self.corrected or self.withdrawn)


def gather(connection: Connection, reader: Reader, window: Window) -> Contents:
    """Return what a window holds for a partner."""
    told = store.affected(connection, reader, window)
    came_in = [
        id
        for id, was in store.moved(connection, window)
        if id not in told and not _admitted(reader, was)
    ]
    fresh = store.published(window, came_in)
    wanted = (*selections.of_partner(reader.id, reader.interest).all, fresh)
    published = posts.entries(connection, wanted, MOST_TOLD)
    corrected, withdrawn = _notices(connection, reader.id, told, published)
    total = len(published)
    if total == MOST_TOLD:
        total = posts.count(connection, wanted)
    return Contents(published, corrected, withdrawn, total)


def again(connection: Connection, reader: Reader, issue: Digest) -> Contents:
    """Return what an issue that was sent tells of, as it is now."""
    published, gone = _apart(connection, reader.id, issue.posts)
    told = store.affected(connection, reader, issue.window)
    corrected, withdrawn = _notices(connection, reader.id, told, issue.posts)
    return Contents(published, corrected, [*gone, *withdrawn], len(published))


def _notices(
    connection: Connection,
    partner: str,
    told: Mapping[str, DigestPost],
    listed: Iterable[Entry | DigestPost],
) -> tuple[list[Entry], list[Withdrawn]]:
    """Return what was corrected and what withdrawn, of posts told before and not listed again.

    Whether the partner still asks for such posts does not matter: it may have used them.
    """
    again = {post.id for post in listed}
    return _apart(connection, partner, [post for id, post in told.items() if id not in again])


def _apart(
    connection: Connection, partner: str, told: Iterable[DigestPost]
) -> tuple[list[Entry], list[Withdrawn]]:
    """Part posts into those that the partner may see now and notices of the others."""
    by_id = {post.id: post for post in told}
    seen = (selections.may_see(partner),)
    entries = posts.visible(connection, list(by_id), seen)
    gone = set(by_id) - {entry.id for entry in entries}
    left = posts.last_seen(connection, sorted(gone), seen)
    in_order = sorted(left.items(), key=lambda item: (item[1], item[0]))
    return entries, [Withdrawn(by_id[id].title, at, by_id[id].language) for id, at in in_order]


def _admitted(reader: Reader, facets: Facets) -> bool:
    return may_see(reader.id, facets) and matches(reader.interest, facets)
