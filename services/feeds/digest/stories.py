"""Posts that are translations of each other make one story, told in the reader's language. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.feeds.digest.words import primary_language


@dataclass(frozen=True, slots=True)
class Named:
    """A post as a list names it, without its body; ``changed`` is when its revision came."""

    id: str
    url: str
    title: str
    section: str
    language: str
    translation_of: str | None
    published: datetime
    changed: datetime
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A post that is shown, and its translations, to which it links."""

    shown: Named
    others: tuple[Named, ...] = ()

    @property
    def posts(self) -> tuple[Named, ...]:
        """Return the shown post and its translations."""
        return (self.shown, *self.others)


def stories(posts: Sequence[Named], *languages: str) -> list[Story]:
    """Group posts into stories, in the order in which their first posts come.

    Each story shows the post in the first of these languages that it has; without any of them the
    original, which translates no other. Two posts are translations of each other if one names
    the other, or both name the same, which need not be here.
    """
    families: dict[str, list[Named]] = {}
    roots = _Roots(posts)
    for post in posts:
        families.setdefault(roots.of(post.id), []).append(post)
    return [_story(family, languages) for family in families.values()]


class _Roots:
    """One name for each family; posts may well name each other, in any order."""

    def __init__(self, posts: Sequence[Named]) -> None:
        self._above: dict[str, str] = {}
        for post in posts:
            if post.translation_of is not None:
                self._above[self.of(post.id)] = self.of(post.translation_of)

    def of(self, id: str) -> str:
        while (above := self._above.get(id, id)) != id:
            id = above
        return id


def _story(family: Sequence[Named], languages: Sequence[str]) -> Story:
    shown = min(family, key=lambda post: (_rank(post, languages), post.translation_of is not None))
    return Story(shown, tuple(post for post in family if post is not shown))


def _rank(post: Named, languages: Sequence[str]) -> int:
    """Return how far down the list a post's language stands: its very tag, or a relative."""
    own = post.language.lower()
    for place, language in enumerate(languages):
        if own == language.lower():
            return 2 * place
        if primary_language(own) == primary_language(language):
            return 2 * place + 1
    return 2 * len(languages)
