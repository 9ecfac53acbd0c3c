"""An edition: what a window brought, as it is read once for all whose issues cover it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cachetools import LRUCache

from services.feeds.digest.items import Item
from services.feeds.digest.news import News, admitted, told_at_most
from services.feeds.digest.stories import Named
from services.feeds.readers import Reader
from shared.interest import Facets, Interest, matches, may_see

_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Brought:
    """A visible post of which a window has an event; ``fresh`` where it was published in it."""

    post: Named
    facets: Facets
    fresh: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """The posts of a window, the newest first, as they were at a ``sequence``.

    ``moved`` are those that got other facets, with the ones before. ``earlier`` tells whether any
    post had events before the window, and so may have been told before; ``restricted``, whether
    one of the posts, or of their translations, is not for everybody. ``items`` keeps the bodies
    that were read.
    """

    sequence: int
    brought: Mapping[str, Brought]
    moved: tuple[tuple[str, Facets], ...]
    earlier: bool
    restricted: bool
    items: dict[str, Item] = field(default_factory=dict)
    _groups: LRUCache[tuple[Interest, str, int], News] = field(
        default_factory=lambda: LRUCache(_GROUPS)
    )

    def news(self, reader: Reader, told: Collection[str], most: int) -> News:
        """Return what is new to a partner, which has been ``told`` of these before.

        It is told of ``most`` posts, and of how many more there are.
        """
        came_in = {id for id, was in self.moved if id not in told and not admitted(reader, was)}
        if came_in or self.restricted:
            return self._news(reader, came_in, most)
        group = (reader.interest, reader.language, most)
        if group not in self._groups:
            self._groups[group] = self._news(reader, came_in, most)
        return self._groups[group]

    def those(self, reader: Reader, ids: Collection[str]) -> list[Named]:
        """Return those of the named posts that a partner may see, the newest first."""
        wanted = set(ids) & self.brought.keys()
        return [
            each.post
            for id, each in self.brought.items()
            if id in wanted and may_see(reader.id, each.facets)
        ]

    def _news(self, reader: Reader, came_in: Collection[str], most: int) -> News:
        found = [
            each.post
            for id, each in self.brought.items()
            if (each.fresh or id in came_in)
            and matches(reader.interest, each.facets)
            and may_see(reader.id, each.facets)
        ]
        return told_at_most(most, reader.language, found)
