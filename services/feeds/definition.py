"""Which feeds there are, and which of them an event touches. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Urls
from shared.interest import Facets, language_ranges
from shared.schema.fields import canonical_language
from shared.text import one_line

ALL = "all"
LONGEST = 1000
"""Characters of a name, more than any feed's has, however they are composed.

To compose them takes a time that grows with the square of their number.
"""

_PAGE_NUMBER = re.compile("[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Definition:
    """A public feed: a section (or all), narrowed to a language or a tag."""

    section: str = ALL
    language: str | None = None
    tag: str | None = None

    @property
    def name(self) -> str:
        """The feed's path below ``/feeds/``, without the format."""
        if self.tag is not None:
            return f"tag/{quote(self.tag, safe='')}"
        return self.section if self.language is None else f"{self.language}/{self.section}"

    def path(self, form: Format, page: int | None = None) -> str:
        """Return the path of the current document, or of an archive page."""
        return f"/feeds/{below(page)}{self.name}.{form.extension}"

    def urls(self, base: str, page: int | None = None) -> Urls:
        """Return the addresses of the documents below the hub's ``base`` URL."""
        return Urls(
            rss=base + self.path(Format.RSS, page),
            atom=base + self.path(Format.ATOM, page),
            json=base + self.path(Format.JSON, page),
        )


def parse(path: str) -> tuple[Definition, Format] | None:
    """Read a decoded path below ``/feeds/``; None where it names no feed.

    >>> parse("ko/news.atom")
    (Definition(section='news', language='ko', tag=None), <Format.ATOM: 'atom'>)
    """
    if len(path) > LONGEST:
        return None
    # As tags are stored, whatever form a client's file system prefers.
    composed = unicodedata.normalize("NFC", path)
    name, dot, extension = composed.rpartition(".")
    if not dot or extension not in tuple(Format) or one_line(composed) != composed:
        return None
    first, slash, rest = name.partition("/")
    form = Format(extension)
    if not slash:
        return (Definition(first), form) if first else None
    if first == "tag":
        return (Definition(tag=rest), form) if rest else None
    language = canonical_language(first)
    if language is None or not rest or "/" in rest:
        return None
    return Definition(rest, language), form


def below(page: int | None) -> str:
    """Return what stands before a document's name in its address: nothing for the current one.

    >>> below(3)
    'archive/3/'
    """
    return "" if page is None else f"archive/{page}/"


def page_number(text: str) -> int | None:
    """Read an archive page's number, from 1; None for anything else, as pages have one address."""
    return int(text) if _PAGE_NUMBER.fullmatch(text) else None


def touched(states: Iterable[Facets]) -> set[Definition]:
    """Return the public feeds in which any of a post's states stands or stood."""
    return {
        definition
        for facets in states
        if facets.audience is None
        for definition in _holding(facets)
    }


def _holding(facets: Facets) -> Iterable[Definition]:
    for section in (ALL, facets.section):
        yield Definition(section)
        for language in language_ranges(facets.language):
            yield Definition(section, language)
    for tag in facets.tags:
        yield Definition(tag=tag)
