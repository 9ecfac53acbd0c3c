"""What an issue tells of: the posts of its window, and what became of those told before.

A post is told as it is now: what may not be seen any more is left out, and of what was told
before, only the title stays, in a notice. Translations that come together are one story; each of
them is told of all the same, so that a correction or withdrawal of either is told later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from services.feeds import selections
from services.feeds import store as posts
from services.feeds.digest import reads, store
from services.feeds.digest.items import Counts, Withdrawn
from services.feeds.digest.store import Digest, Window
from services.feeds.digest.stories import Named, Story, stories
from services.feeds.digest.words import words_for
from services.feeds.readers import Reader
from services.feeds.selections import Conditions
from shared.interest import Facets, matches, may_see
from shared.schema.digest import DigestPost

_T = TypeVar("_T")

MOST_TOLD = 2000
"""Posts that one issue tells of; those beyond are only counted."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a window holds for one partner; ``beyond`` counts posts that are told of nowhere."""

    published: list[Story] = field(default_factory=list)
    corrected: list[Story] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)
    beyond: int = 0

    @property
    def posts(self) -> list[Named]:
        """Return the posts that it tells of for the first time, translations with each other."""
        return [post for story in self.published for post in story.posts]

    @property
    def totals(self) -> Counts:
        """Count it all; translations that come together count once."""
        published = len(self.published) + self.beyond
        return Counts(published, len(self.corrected), len(self.withdrawn))

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.published or self.corrected or self.withdrawn)

    def first(self, most: int) -> "Contents":
        """Return the first of each kind."""
        return Contents(self.published[:most], self.corrected[:most], self.withdrawn[:most])

    def page(self, number: int, most: int) -> "Contents":
        """Return what stands on a page, from 1, where all kinds follow one another."""
        start = (number - 1) * most
        corrections = start - len(self.published)
        withdrawals = corrections - len(self.corrected)
        return Contents(
            _slice(self.published, start, most),
            _slice(self.corrected, corrections, most),
            _slice(self.withdrawn, withdrawals, most),
        )

    def pages(self, most: int) -> int:
        """Return how many pages it takes; at least one."""
        lines = len(self.published) + len(self.corrected) + len(self.withdrawn)
        return max(1, -(-lines // most))


def gather(connection: Connection, reader: Reader, window: Window) -> Contents:
    """Return what a window holds for a partner."""
    told = store.affected(connection, reader, window)
    wanted = _wanted(connection, reader, window, told)
    published = reads.named(connection, wanted, MOST_TOLD)
    corrected, withdrawn = _notices(connection, reader.id, told, published)
    beyond = 0
    if len(published) == MOST_TOLD:
        beyond = posts.count(connection, wanted) - len(published)
    return _contents(reader, published, corrected, withdrawn, beyond)


def again(connection: Connection, reader: Reader, issue: Digest) -> Contents:
    """Return what an issue that was sent tells of, as it is now."""
    told = store.affected(connection, reader, issue.window)
    published, gone = _apart(connection, reader.id, issue.posts)
    corrected, withdrawn = _notices(connection, reader.id, told, issue.posts)
    beyond = 0
    if len(issue.posts) == MOST_TOLD:
        wanted = _wanted(connection, reader, issue.window, told)
        beyond = max(0, posts.count(connection, wanted) - len(published))
    return _contents(reader, published, corrected, [*gone, *withdrawn], beyond)


def as_stories(reader: Reader, named: Sequence[Named]) -> list[Story]:
    """Group posts into stories in a partner's language, else in that of the issue's words."""
    return stories(named, reader.language, words_for(reader.language).language)


def _contents(
    reader: Reader,
    published: Sequence[Named],
    corrected: Sequence[Named],
    withdrawn: list[Withdrawn],
    beyond: int,
) -> Contents:
    return Contents(as_stories(reader, published), as_stories(reader, corrected), withdrawn, beyond)


def _wanted(
    connection: Connection, reader: Reader, window: Window, told: Mapping[str, DigestPost]
) -> Conditions:
    """Return the conditions of the posts that a window brings a partner, and told it never."""
    came_in = [
        id
        for id, was in store.moved(connection, window)
        if id not in told and not _admitted(reader, was)
    ]
    fresh = store.published(window, came_in)
    return (*selections.of_partner(reader.id, reader.interest).all, fresh)


def _notices(
    connection: Connection,
    partner: str,
    told: Mapping[str, DigestPost],
    listed: Iterable[Named | DigestPost],
) -> tuple[list[Named], list[Withdrawn]]:
    """Return what was corrected and what withdrawn, of posts told before and not listed again.

    Whether the partner still asks for such posts does not matter: it may have used them.
    """
    again = {post.id for post in listed}
    return _apart(connection, partner, [post for id, post in told.items() if id not in again])


def _apart(
    connection: Connection, partner: str, told: Iterable[DigestPost]
) -> tuple[list[Named], list[Withdrawn]]:
    """Part posts into those that the partner may see now and notices of the others."""
    by_id = {post.id: post for post in told}
    seen = (selections.may_see(partner),)
    visible = reads.those(connection, list(by_id), seen)
    gone = set(by_id) - {post.id for post in visible}
    left = posts.last_seen(connection, sorted(gone), seen)
    in_order = sorted(left.items(), key=lambda item: (item[1], item[0]))
    return visible, [Withdrawn(by_id[id].title, at, by_id[id].language) for id, at in in_order]


def _slice(items: list[_T], start: int, most: int) -> list[_T]:
    """Return so many items from ``start`` on, which may be before the first."""
    return items[max(0, start) : max(0, start + most)]


def _admitted(reader: Reader, facets: Facets) -> bool:
    return may_see(reader.id, facets) and matches(reader.interest, facets)
