"""Which posts a document shows, as conditions on a table that has their facets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Table, Text, any_, literal, or_

from services.feeds.definition import ALL, Definition
from shared.db.ingest import revision
from shared.interest import Interest

SHOWN = revision.c.shown_from.is_not(None)
VISIBLE = SHOWN & revision.c.shown_until.is_(None)
PUBLIC = revision.c.audience.is_(None)
Conditions = tuple[ColumnElement[bool], ...]
EMPTY = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed that never had a post last changed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which posts a document shows: conditions on their revisions, or on their stays.

    ``common`` ones are met by most, or an index keeps what meets them in order; how many meet
    the ``rare`` ones, nobody knows.
    """

    common: Conditions
    rare: Conditions = ()

    @property
    def all(self) -> Conditions:
        """Return all conditions."""
        return (*self.common, *self.rare)


def of_definition(definition: Definition, table: Table = revision) -> Selection:
    """Select what a public feed shows."""
    interest = Interest(
        () if definition.section == ALL else (definition.section,),
        () if definition.language is None else (definition.language,),
        () if definition.tag is None else (definition.tag,),
    )
    return _selection(table, table.c.audience.is_(None), interest)


def of_partner(
    partner: str, interest: Interest, section: str = ALL, table: Table = revision
) -> Selection:
    """Select what a partner's private feed shows: its interest, within its audience."""
    wanted = _selection(table, may_see(partner, table), interest)
    if section == ALL:
        return wanted
    return Selection((*wanted.common, table.c.section == section), wanted.rare)


def _selection(table: Table, audience: ColumnElement[bool], interest: Interest) -> Selection:
    """Return ``shared.interest.matches`` as conditions, within an audience."""
    common, rare = [audience], []
    if len(interest.sections) == 1:
        common.append(table.c.section == interest.sections[0])
    elif interest.sections:
        rare.append(table.c.section.in_(interest.sections))
    if interest.languages:
        rare.append(table.c.ranges.overlap(list(interest.languages)))
    if interest.tags:
        rare.append(table.c.tags.overlap(list(interest.tags)))
    return Selection(tuple(common), tuple(rare))


def may_see(partner: str, table: Table = revision) -> ColumnElement[bool]:
    """Return ``shared.interest.may_see`` as a condition."""
    return or_(table.c.audience.is_(None), table.c.audience.contains([partner]))


def among(ids: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a revision is one of these posts', however many."""
    return any_of(revision.c.post_id, ids)


def any_of(column: Column[Any], ids: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of these, as one parameter."""
    return column == any_(literal(list(ids), ARRAY(Text)))
