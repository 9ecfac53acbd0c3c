"""What an issue tells for the first time, and how its ledger and event name it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from services.feeds.digest.stories import Named, Story, stories
from services.feeds.digest.words import words_for
from services.feeds.readers import Reader
from shared import jsontext
from shared.interest import Facets, matches, may_see


# Without slots: what is derived is kept, since many partners may be told the same.
@dataclass(frozen=True)
class News:
    """The stories of posts that are new to a partner; ``beyond`` counts those told nowhere."""

    stories: tuple[Story, ...] = ()
    beyond: int = 0

    @cached_property
    def posts(self) -> tuple[Named, ...]:
        """Return the posts, translations with each other."""
        return tuple(post for story in self.stories for post in story.posts)

    @cached_property
    def ledger(self) -> str:
        """Return the posts as the ledger and the event name them: a JSON array."""
        return jsontext.dumps([_named(post) for post in self.posts])


def told_at_most(most: int, language: str, found: Sequence[Named]) -> News:
    """Return posts as news in a language: the first are told of, the others counted."""
    told = found[:most]
    return News(tuple(as_stories(language, told)), len(found) - len(told))


def as_stories(language: str, named: Sequence[Named]) -> list[Story]:
    """Group posts into stories in a partner's language, else in that of the issue's words."""
    return stories(named, language, words_for(language).language)


def admitted(reader: Reader, facets: Facets) -> bool:
    """Tell whether a partner may see what has these facets, and asks for it."""
    return may_see(reader.id, facets) and matches(reader.interest, facets)


def _named(post: Named) -> dict[str, str]:
    return {
        "id": post.id,
        "url": post.url,
        "title": post.title,
        "section": post.section,
        "language": post.language,
    }
