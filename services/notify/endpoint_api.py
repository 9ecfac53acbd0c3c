"""Endpoints over HTTP: made, changed, paused, tested, their secrets rotated."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notify import endpoints, ledger, notices
from services.notify.endpoints import Stored
from services.notify.merge import merged
from services.notify.retry import DeliveryState
from services.notify.signing import new_secret
from services.notify.target import vet
from shared.clock import rfc3339, utc_now
from shared.db.engine import transaction
from shared.errors import FieldError, InvalidEndpoint
from shared.keys import Caller, Scope
from shared.schema.endpoint import Endpoint, EndpointState, Policy
from shared.schema.problems import read
from shared.settings import settings
from shared.web import cursor, openapi
from shared.web.auth import needs
from shared.web.body import read_json, read_optional_json, read_patch

router = APIRouter(prefix="/v1/endpoints", tags=["endpoints"])
Owner = Annotated[Caller, Depends(needs(Scope.PARTNER))]
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]
Keeper = Reader
Document = Annotated[Any, Depends(read_json)]
Patch = Annotated[Any, Depends(read_patch)]
Wish = Annotated[Any, Depends(read_optional_json)]
MASK = "***"
"""What is shown of a header's value."""

SAMPLE = {
    "partner": "harbour-institute",
    "url": "https://hooks.harbour.example/pabal",
    "event_types": ["post.published", "post.updated", "post.withdrawn"],
    "ordering": "post",
}
_BODY = openapi.body(Endpoint, SAMPLE)
_PATCH = openapi.body(Policy, {"max_in_flight": 4})


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rotation(_Form):
    """For how long the former secret signs as well."""

    overlap_seconds: int = Field(default=86_400, strict=True, ge=0, le=30 * 86_400)


class Resumption(_Form):
    """What becomes of what was held."""

    held: str = Field(default="deliver", pattern="^(deliver|skip)$")


_ROTATION = openapi.body(Rotation, {"overlap_seconds": 86_400}, required=False)
_RESUMPTION = openapi.body(Resumption, {"held": "deliver"}, required=False)


@router.post("", status_code=201, openapi_extra=_BODY)
def create(caller: Owner, document: Document) -> dict[str, Any]:
    """Make an endpoint; its secret is shown only here."""
    asked = read(Endpoint, _for_caller(document, caller), InvalidEndpoint)
    asked = asked.model_copy(update={"url": vet(asked.url, settings())})
    secret = new_secret()
    with transaction() as connection:
        stored = endpoints.create(connection, asked, secret)
    return {**shown(stored), "secret": secret}


@router.get("")
def list_endpoints(
    caller: Reader,
    partner: str | None = None,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List endpoints; a partner's key sees its own."""
    position = cursor.decode(after, str)
    owner = caller.partner or partner
    with transaction() as connection:
        rows = endpoints.page(connection, owner, position[0] if position else None, limit + 1)
    return cursor.page(rows, limit, lambda stored: (stored.id,), shown)


@router.get("/{id}")
def show(id: str, caller: Reader) -> dict[str, Any]:
    """Read one endpoint."""
    with transaction() as connection:
        return shown(endpoints.get(connection, id, caller.partner))


@router.patch("/{id}", openapi_extra=_PATCH)
def change(id: str, caller: Owner, document: Patch) -> dict[str, Any]:
    """Change an endpoint by merge patch."""
    if not isinstance(document, dict):
        raise InvalidEndpoint("send a JSON object with the fields to change")
    if isinstance(document.get("url"), str):
        # Here, since a name is looked up: no transaction waits for that.
        document = {**document, "url": vet(document["url"], settings())}
    with transaction() as connection:
        endpoints.lock(connection, id)
        held = endpoints.get(connection, id, caller.partner)
        changed = merged(held.policy.model_dump(mode="json"), _without_masks(document))
        policy = read(Policy, changed, InvalidEndpoint)
        return shown(endpoints.replace(connection, id, policy))


@router.delete("/{id}", status_code=204)
def remove(id: str, caller: Owner) -> Response:
    """Delete an endpoint and what it is owed."""
    with transaction() as connection:
        endpoints.get(connection, id, caller.partner)
        endpoints.remove(connection, id)
    return Response(status_code=204)


@router.post("/{id}/pause")
def pause(id: str, caller: Keeper) -> dict[str, Any]:
    """Hold what comes until the endpoint is resumed."""
    return _hold(id, caller, EndpointState.PAUSED)


@router.post("/{id}/disable")
def disable(id: str, caller: Keeper) -> dict[str, Any]:
    """Hold what comes until the endpoint is enabled."""
    return _hold(id, caller, EndpointState.DISABLED)


@router.post("/{id}/resume", openapi_extra=_RESUMPTION)
@router.post("/{id}/enable", openapi_extra=_RESUMPTION)
def resume(id: str, caller: Keeper, wish: Wish) -> dict[str, Any]:
    """Make the endpoint active; what was held goes out in order, or is skipped on request."""
    skip = read(Resumption, wish, InvalidEndpoint).held == "skip"
    with transaction() as connection:
        endpoints.get(connection, id, caller.partner)
        return shown(endpoints.resume(connection, id, skip_held=skip))


def _hold(id: str, caller: Caller, state: EndpointState) -> dict[str, Any]:
    with transaction() as connection:
        endpoints.get(connection, id, caller.partner)
        return shown(endpoints.hold(connection, id, state, "by request"))


@router.post("/{id}/test", status_code=202)
def test(id: str, caller: Owner) -> dict[str, Any]:
    """Send a ``webhook.test`` event to this endpoint alone."""
    with transaction() as connection:
        endpoints.lock(connection, id)
        stored = endpoints.get(connection, id, caller.partner)
        return {"delivery": ledger.name(notices.test(connection, stored, utc_now()))}


@router.post("/{id}/rotate-secret", openapi_extra=_ROTATION)
def rotate(id: str, caller: Owner, wish: Wish) -> dict[str, Any]:
    """Make a new secret; for a while deliveries carry both signatures."""
    rotation = read(Rotation, wish, InvalidEndpoint)
    secret = new_secret()
    with transaction() as connection:
        endpoints.lock(connection, id)
        endpoints.get(connection, id, caller.partner)
        overlap = timedelta(seconds=rotation.overlap_seconds)
        until = endpoints.rotate(connection, id, secret, overlap)
    return {"secret": secret, "previous_expires_at": rfc3339(until)}


@router.get("/{id}/deliveries")
def list_deliveries(
    id: str,
    caller: Reader,
    state: DeliveryState | None = None,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List an endpoint's deliveries with their attempts, the newest first."""
    position = cursor.decode(after, int)
    with transaction() as connection:
        endpoints.get(connection, id, caller.partner)
        rows = ledger.page(connection, id, state, position[0] if position else None, limit + 1)
    return cursor.page(rows, limit, lambda row: (ledger.number(row["id"]),), dict)


def shown(stored: Stored) -> dict[str, Any]:
    """Return an endpoint as the API shows it: names of its headers, never their values."""
    policy = stored.policy.model_dump(mode="json")
    return {
        "id": stored.id,
        "partner": stored.partner,
        **policy,
        "headers": dict.fromkeys(policy["headers"], MASK),
        "state": stored.state,
        "reason": stored.reason,
        "failing_since": stored.failing_since and rfc3339(stored.failing_since),
        "created_at": rfc3339(stored.created_at),
    }


def _without_masks(document: dict[str, Any]) -> dict[str, Any]:
    """Leave headers alone whose value comes back as it was shown."""
    headers = document.get("headers")
    if not isinstance(headers, dict):
        return document
    given = {name: value for name, value in headers.items() if value != MASK}
    return {**document, "headers": given}


def _for_caller(document: Any, caller: Caller) -> Any:
    if caller.partner is None or not isinstance(document, dict):
        return document
    if document.get("partner", caller.partner) != caller.partner:
        fault = FieldError("partner", "must be the key's own partner")
        raise InvalidEndpoint("check: partner", [fault])
    return {**document, "partner": caller.partner}
