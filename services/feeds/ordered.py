"""What comes first of a selection, found quickly whether it is common or rare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, select

from services.feeds.selections import Selection

LATEST = 2000
"""The latest rows, among which what is rare is looked for first."""

_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is shown of a selection and first in descending order.

    ``nothing`` is what can be added to the order's first column without changing it.
    """

    shown: ColumnElement[bool]
    selection: Selection
    order: Sequence[Column[Any]]
    columns: Sequence[ColumnElement[Any]]
    limit: int
    nothing: Any = _NO_TIME

    def near(self) -> Select[Any]:
        """Look among all that is common, or where some is rare, among the latest of that.

        The order's index leads to them past all others, which is quick where many of the latest
        are in the selection.
        """
        by = [column.desc() for column in self.order]
        inside = select(*self.columns).where(self.shown, *self.selection.common)
        if not self.selection.rare:
            return inside.order_by(*by).limit(self.limit)
        met = and_(*self.selection.rare).label("met")
        latest = inside.add_columns(met).order_by(*by).limit(LATEST).subquery()
        kept = [latest.c[column.name] for column in self.columns]
        ordered = (latest.c[column.name].desc() for column in self.order)
        return select(*kept).where(latest.c.met).order_by(*ordered).limit(self.limit)

    def anywhere(self) -> Select[Any]:
        """Look by the selection's own index, for what is rare.

        No index has this order, so the planner cannot hope to meet them soon in the first one.
        """
        first, *rest = self.order
        by = [(first + self.nothing).desc(), *(column.desc() for column in rest)]
        inside = select(*self.columns).where(self.shown, *self.selection.all)
        return inside.order_by(*by).limit(self.limit)


def first(connection: Connection, wanted: Ordered) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the rows of what is first."""
    rows = connection.execute(wanted.near()).all()
    if len(rows) == wanted.limit or not wanted.selection.rare:
        return rows
    return connection.execute(wanted.anywhere()).all()
