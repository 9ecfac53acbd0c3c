"""The console's HTTP API: keys and the hub's status."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import Row

from services.console import keys, status
from shared.clock import rfc3339
from shared.db.engine import transaction
from shared.errors import Invalid
from shared.keys import Caller, Scope
from shared.schema.fields import OneLine
from shared.schema.problems import read
from shared.web import cursor, openapi
from shared.web.auth import forget_callers, needs
from shared.web.body import read_json

router = APIRouter(prefix="/v1")
Admin = Annotated[Caller, Depends(needs())]
Operator = Annotated[Caller, Depends(needs(Scope.OPERATE))]
Document = Annotated[Any, Depends(read_json)]
SAMPLE = {"scope": "publish", "name": "newsroom"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": SAMPLE}},
    }
}

Name = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=200)]


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Scope
    partner: str | None = None
    name: Name | None = None


_BODY = openapi.body(NewKey, {"scope": "publish", "name": "newsroom"})


@router.post("/keys", status_code=201, tags=["keys"], openapi_extra=_BODY)
def create_key(caller: Admin, document: Document) -> dict[str, Any]:
    """Make a key; ``key`` is shown only here."""
    asked = read(NewKey, document, Invalid)
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
    forget_callers()
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
