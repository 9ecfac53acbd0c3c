"""The console's HTTP API: keys and the hub's status."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from services.console import keys, status
from shared.clock import rfc3339
from shared.db.engine import transaction
from shared.keys import Caller, Scope
from shared.web import cursor
from shared.web.auth import needs

router = APIRouter(prefix="/v1")
Admin = Annotated[Caller, Depends(needs())]
Operator = Annotated[Caller, Depends(needs(Scope.OPERATE))]


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"scope": "publish", "name": "newsroom"}},
    )

    scope: Scope
    partner: str | None = None
    name: str | None = Field(default=None, max_length=200)


@router.post("/keys", status_code=201, tags=["keys"])
def create_key(asked: NewKey, caller: Admin) -> dict[str, Any]:
    """Make a key; ``key`` is shown only here."""
    with transaction() as connection:
        made, row = keys.create(connection, asked.scope, asked.partner, asked.name)
    return {**shown(row), "key": made.text}


@router.get("/keys", tags=["keys"])
def list_keys(
    caller: Admin,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List the keys, without their secrets."""
    position = cursor.decode(after, str)
    with transaction() as connection:
        rows = keys.page(connection, position[0] if position else None, limit + 1)
    return cursor.page(rows, limit, lambda row: (row.id,), shown)


@router.delete("/keys/{id}", status_code=204, tags=["keys"])
def remove_key(id: str, caller: Admin) -> Response:
    """Delete a key; it is dead at once."""
    with transaction() as connection:
        keys.remove(connection, id)
    return Response(status_code=204)


@router.get("/status", tags=["operators"])
def show_status(caller: Operator) -> dict[str, Any]:
    """Say whether anything is late, and where."""
    return status.take()


def shown(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Return a key as the API shows it."""
    return {
        "id": row.id,
        "scope": row.scope,
        "partner": row.partner,
        "name": row.name,
        "created_at": rfc3339(row.created_at),
    }
