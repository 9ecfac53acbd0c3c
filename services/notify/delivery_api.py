"""Deliveries over HTTP: one, with its attempts, and again on request."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.notify import ledger
from shared.db.engine import transaction
from shared.keys import Caller, Scope
from shared.web import openapi
from shared.web.auth import needs

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])
_HELD: dict[int | str, dict[str, Any]] = {409: openapi.problem("Its endpoint is not active")}
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]


@router.get("/{id}")
def show(id: str, caller: Reader) -> dict[str, Any]:
    """Read one delivery with its attempts."""
    with transaction() as connection:
        return ledger.get(connection, id, caller.partner)


@router.post("/{id}/retry", status_code=202, responses=_HELD)
def retry(id: str, caller: Reader) -> dict[str, Any]:
    """Send a delivery again now; 409 where its endpoint is not active."""
    with transaction() as connection:
        ledger.retry(connection, id, caller.partner)
        return ledger.get(connection, id, caller.partner)
