"""Lists: opaque keyset cursors, stable while rows come and go."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared import jsontext
from shared.errors import Malformed, PabalError

Row = TypeVar("Row")
_MOST = 2**63 - 1


def encode(*position: Any) -> str:
    """Return the cursor that points behind a row's sort key."""
    return base64.urlsafe_b64encode(jsontext.dumps(position).encode()).decode().rstrip("=")


def decode(cursor: str | None, *types: type) -> list[Any] | None:
    """Return the sort key in a cursor, read as ``types``; a ``datetime`` stands there as text.

    Raises ``Malformed`` for a cursor that the hub did not make.
    """
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = jsontext.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return [_read(part, kind) for part, kind in zip(position, types, strict=True)]
    except (binascii.Error, PabalError, TypeError, ValueError):
        raise Malformed("the cursor is not one that the hub gave") from None


def _read(part: Any, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("a moment without its offset")
        return moment
    if type(part) is not kind:
        raise ValueError(f"not of the type {kind.__name__}")
    if isinstance(part, int) and abs(part) > _MOST:
        raise ValueError("beyond what a column holds")
    return part


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
