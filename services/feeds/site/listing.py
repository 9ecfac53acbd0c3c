"""The public feeds in the order in which people find them: all, by section, by tag. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.feeds.definition import ALL, Definition
from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Urls
from services.feeds.render.titles import section_name
from services.feeds.site.words import Words, language_name
from shared.interest import language_ranges

_FORM_NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}


@dataclass(frozen=True, slots=True)
class Form:
    """One document of a feed."""

    label: str
    type: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A feed in the list: what tells it from its neighbours, and its whole name."""

    label: str
    title: str
    language: str | None
    urls: Urls

    @property
    def forms(self) -> tuple[Form, ...]:
        """Return the feed's documents."""
        return tuple(Form(_FORM_NAMES[form], form.mime_type, self.urls.of(form)) for form in Format)


@dataclass(frozen=True, slots=True)
class Group:
    """Feeds under one heading."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Writes the list in one language, for the publisher whose hub is at ``base``."""

    words: Words
    publisher: str
    base: str

    def by_section(self, pairs: Iterable[tuple[str, str]]) -> list[Group]:
        """Return a group for all posts, then one for each section of (section, language)."""
        ranges: dict[str, set[str]] = {ALL: set()}
        for section, tag in pairs:
            for name in (ALL, section):
                ranges.setdefault(name, set()).update(language_ranges(tag))
        return [self.section(section, sorted(tags)) for section, tags in ranges.items()]

    def section(self, section: str, languages: Iterable[str]) -> Group:
        """Return a section's own feed and those of its languages."""
        heading = section_name(section, self.words.language)
        narrowed = (Definition(section, language) for language in languages)
        return Group(
            heading, tuple(self._line(feed, heading) for feed in (Definition(section), *narrowed))
        )

    def by_tag(self, tags: Iterable[str]) -> Group:
        """Return the feeds of tags."""
        heading = self.words.tags
        return Group(heading, tuple(self._line(Definition(tag=tag), heading) for tag in tags))

    def _line(self, feed: Definition, heading: str) -> Line:
        spoken, language = self.words.language, feed.language
        everything = self.words.every_language
        label = feed.tag or (language_name(language, spoken) if language else everything)
        title = f"{self.publisher}: {heading}, {label}"
        return Line(label, title, language, feed.urls(self.base))
