"""The archive of a feed: by what name its pages are kept, and what may stand on them."""

import hashlib
from dataclasses import dataclass

from services.feeds import selections
from services.feeds.definition import Definition
from services.feeds.selections import Selection
from shared import jsontext
from shared.db.feeds import stay
from shared.interest import Interest

PAGE = 50
"""Posts on a full page."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of one feed.

    ``stays`` and ``posts`` are the feed's selection, of stays and of revisions: what stands on its
    pages, and what is in its current document. ``interest`` is the fingerprint of the interest of
    the ``partner`` whose feed it is.
    """

    feed: str
    stays: Selection
    posts: Selection
    partner: str | None = None
    interest: str = ""
    size: int = PAGE


def of_definition(definition: Definition) -> Archive:
    """Return the archive of a public feed."""
    return Archive(
        definition.name,
        selections.of_definition(definition, stay),
        selections.of_definition(definition),
    )


def of_partner(partner: str, interest: Interest, section: str) -> Archive:
    """Return the archive of a private feed, as the partner's interest is now."""
    return Archive(
        # No public feed's name begins so.
        f"@{partner}/{section}",
        selections.of_partner(partner, interest, section, stay),
        selections.of_partner(partner, interest, section),
        partner,
        fingerprint(interest),
    )


def fingerprint(interest: Interest) -> str:
    """Return what tells one interest from another, in whatever order its lists are.

    >>> fingerprint(Interest(("b", "a"))) == fingerprint(Interest(("a", "b")))
    True
    """
    lists = [sorted(wanted) for wanted in (interest.sections, interest.languages, interest.tags)]
    return hashlib.sha256(jsontext.dumps(lists).encode()).hexdigest()[:16]
