"""Lists: opaque keyset cursors, stable while rows come and go."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shared import jsontext
from shared.errors import Malformed, PabalError

Row = TypeVar("Row")


def encode(*position: Any) -> str:
    """Return the cursor that points behind a row's sort key."""
    return base64.urlsafe_b64encode(jsontext.dumps(position).encode()).decode().rstrip("=")


def decode(cursor: str | None, *types: type) -> list[Any] | None:
    """Return the sort key in a cursor; raises ``Malformed`` for one that the hub did not make."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = jsontext.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, PabalError, ValueError):
        raise Malformed("the cursor is not one that the hub gave") from None
    fits = isinstance(position, list) and len(position) == len(types)
    if not fits or not all(isinstance(p, t) for p, t in zip(position, types, strict=True)):
        raise Malformed("the cursor is not one that the hub gave")
    return list(position)


def page(
    rows: Sequence[Row],
    limit: int,
    position: Callable[[Row], tuple[Any, ...]],
    show: Callable[[Row], dict[str, Any]],
) -> dict[str, Any]:
    """Return one page of ``limit`` from rows of which one more was asked for."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [show(row) for row in shown],
        "next_cursor": encode(*position(shown[-1])) if more else None,
    }
