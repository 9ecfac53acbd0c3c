"""Interest: which posts a partner, an endpoint or a feed asks for. Pure."""

from dataclasses import dataclass

PUBLIC = None
"""The audience of a post that everybody may see."""


@dataclass(frozen=True, slots=True)
class Facets:
    """What a post is matched by. ``audience`` is None for everybody, else partner ids."""

    section: str
    language: str
    tags: tuple[str, ...] = ()
    audience: tuple[str, ...] | None = PUBLIC


@dataclass(frozen=True, slots=True)
class Interest:
    """Sections, languages and tags; an empty list means all."""

    sections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def language_ranges(language: str) -> tuple[str, ...]:
    """Return the basic ranges that match a tag (RFC 4647, section 3.3.1), in the tag's case.

    >>> language_ranges("zh-Hant-TW")
    ('zh', 'zh-Hant', 'zh-Hant-TW')
    """
    parts = language.split("-")
    return tuple("-".join(parts[: count + 1]) for count in range(len(parts)))


def matches(interest: Interest, facets: Facets) -> bool:
    """Tell whether a post is of interest: any of each list, and all of the lists."""
    return (
        _admits(interest.sections, (facets.section,))
        and _admits(interest.languages, language_ranges(facets.language))
        and _admits(interest.tags, facets.tags)
    )


def may_see(partner: str, facets: Facets) -> bool:
    """Tell whether a post's audience admits the partner."""
    return facets.audience is PUBLIC or partner in facets.audience


def _admits(wanted: tuple[str, ...], offered: tuple[str, ...]) -> bool:
    return not wanted or not set(wanted).isdisjoint(offered)
