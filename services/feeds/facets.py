"""Facets as rows and events hold them."""

from collections.abc import Mapping
from typing import Any

from shared.interest import Facets


def facets_from(columns: Mapping[str, Any]) -> Facets:
    """Return the facets in a row's columns, or in an event's ``was``."""
    audience = columns["audience"]
    return Facets(
        columns["section"],
        columns["language"],
        tuple(columns["tags"]),
        None if audience is None else tuple(audience),
    )
