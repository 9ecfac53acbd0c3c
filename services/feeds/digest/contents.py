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
from services.feeds.digest.edition import Edition
from services.feeds.digest.items import Counts, Withdrawn
from services.feeds.digest.news import News, admitted, as_stories
from services.feeds.digest.store import Digest, Window
from services.feeds.digest.stories import Named, Story
from services.feeds.digest.told import affected
from services.feeds.readers import Reader
from services.feeds.selections import Conditions
from shared.schema.digest import DigestPost

_T = TypeVar("_T")

MOST_TOLD = 2000
"""Posts that one issue tells of; those beyond are only counted."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a window holds for one partner."""

    news: News = field(default_factory=News)
    corrected: list[Story] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)

    @property
    def published(self) -> tuple[Story, ...]:
        """Return the stories that it tells for the first time."""
        return self.news.stories

    @property
    def totals(self) -> Counts:
        """Count it all; translations that come together count once."""
        published = len(self.published) + self.news.beyond
        return Counts(published, len(self.corrected), len(self.withdrawn))

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.published or self.corrected or self.withdrawn)

    def first(self, most: int) -> "Contents":
        """Return the first of each kind."""
        return Contents(News(self.published[:most]), self.corrected[:most], self.withdrawn[:most])

    def page(self, number: int, most: int) -> "Contents":
        """Return what stands on a page, from 1, where all kinds follow one another."""
        start = (number - 1) * most
        corrections = start - len(self.published)
        withdrawals = corrections - len(self.corrected)
        return Contents(
            News(tuple(_slice(self.published, start, most))),
            list(_slice(self.corrected, corrections, most)),
            list(_slice(self.withdrawn, withdrawals, most)),
        )

    def pages(self, most: int) -> int:
        """Return how many pages it takes; at least one."""
        lines = len(self.published) + len(self.corrected) + len(self.withdrawn)
        return max(1, -(-lines // most))


def gather(
    connection: Connection, reader: Reader, window: Window, edition: Edition | None = None
) -> Contents:
    """Return what a window holds for a partner; an edition of that window saves reading it."""
    told = affected(connection, reader, window) if edition is None or edition.earlier else {}
    if edition is None:
        news = _news(connection, reader, window, told)
    else:
        news = edition.news(reader, told, MOST_TOLD)
    corrected, withdrawn = _notices(connection, reader, told, news.posts, edition)
    return Contents(news, as_stories(reader.language, corrected), withdrawn)


def again(connection: Connection, reader: Reader, issue: Digest) -> Contents:
    """Return what an issue that was sent tells of, as it is now."""
    told = affected(connection, reader, issue.window)
    published, gone = _apart(connection, reader, issue.posts)
    corrected, withdrawn = _notices(connection, reader, told, issue.posts)
    beyond = 0
    if len(issue.posts) == MOST_TOLD:
        wanted = _wanted(connection, reader, issue.window, told)
        beyond = max(0, posts.count(connection, wanted) - len(published))
    news = News(tuple(as_stories(reader.language, published)), beyond)
    return Contents(news, as_stories(reader.language, corrected), [*gone, *withdrawn])


def _news(
    connection: Connection, reader: Reader, window: Window, told: Mapping[str, DigestPost]
) -> News:
    """Return what a window brings a partner, read for it alone."""
    wanted = _wanted(connection, reader, window, told)
    found = reads.named(connection, wanted, MOST_TOLD)
    beyond = 0
    if len(found) == MOST_TOLD:
        beyond = posts.count(connection, wanted) - len(found)
    return News(tuple(as_stories(reader.language, found)), beyond)


def _wanted(
    connection: Connection, reader: Reader, window: Window, told: Mapping[str, DigestPost]
) -> Conditions:
    """Return the conditions of the posts that a window brings a partner, and told it never."""
    came_in = [
        id
        for id, was in store.moved(connection, window)
        if id not in told and not admitted(reader, was)
    ]
    fresh = store.published(window, came_in)
    return (*selections.of_partner(reader.id, reader.interest).all, fresh)


def _notices(
    connection: Connection,
    reader: Reader,
    told: Mapping[str, DigestPost],
    listed: Iterable[Named | DigestPost],
    edition: Edition | None = None,
) -> tuple[list[Named], list[Withdrawn]]:
    """Return what was corrected and what withdrawn, of posts told before and not listed again.

    Whether the partner still asks for such posts does not matter: it may have used them.
    """
    again = {post.id for post in listed}
    left = [post for id, post in told.items() if id not in again]
    return _apart(connection, reader, left, edition)


def _apart(
    connection: Connection,
    reader: Reader,
    told: Iterable[DigestPost],
    edition: Edition | None = None,
) -> tuple[list[Named], list[Withdrawn]]:
    """Part posts into those that the partner may see now and notices of the others."""
    by_id = {post.id: post for post in told}
    seen = (selections.may_see(reader.id),)
    if edition is None:
        visible = reads.those(connection, list(by_id), seen)
    else:
        visible = edition.those(reader, by_id.keys())
    gone = set(by_id) - {post.id for post in visible}
    left = posts.last_seen(connection, sorted(gone), seen)
    in_order = sorted(left.items(), key=lambda item: (item[1], item[0]))
    return visible, [Withdrawn(by_id[id].title, at, by_id[id].language) for id, at in in_order]


def _slice(items: Sequence[_T], start: int, most: int) -> Sequence[_T]:
    """Return so many items from ``start`` on, which may be before the first."""
    return items[max(0, start) : max(0, start + most)]
