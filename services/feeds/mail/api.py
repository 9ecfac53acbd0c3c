"""Suppressions over HTTP: which addresses get none of a partner's digests, and the way back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.feeds import readers
from services.feeds.mail import suppressions
from services.feeds.mail.suppressions import Suppression
from shared.clock import rfc3339
from shared.db.engine import snapshot, transaction
from shared.errors import NotFound
from shared.keys import Caller, Scope
from shared.web import cursor
from shared.web.auth import needs, own_partner

router = APIRouter(prefix="/v1/partners/{id}/suppressions", tags=["digests"])
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]
Operator = Annotated[Caller, Depends(needs(Scope.OPERATE))]


@router.get("")
def list_suppressions(
    id: str,
    caller: Reader,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List the addresses that get no mail: they unsubscribed, or were refused for good."""
    own_partner(caller, id)
    position = cursor.decode(after, str)
    with snapshot() as connection:
        reader = readers.by_id(connection, id)
        after_address = position[0] if position else None
        rows = suppressions.page(connection, reader.id, after_address, limit + 1)
    return cursor.page(rows, limit, lambda row: (row.address,), shown)


@router.delete("/{address:path}", status_code=204)
def lift(id: str, address: str, caller: Operator) -> Response:
    """Let an address get the partner's digests again, from the next issue on."""
    with transaction() as connection:
        if not suppressions.lift(connection, id, address):
            raise NotFound("this address is not suppressed")
    return Response(status_code=204)


def shown(row: Suppression) -> dict[str, Any]:
    """Return a suppression as the API shows it."""
    return {"address": row.address, "reason": row.reason, "since": rfc3339(row.since)}
