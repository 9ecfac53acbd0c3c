"""Partners over HTTP: an administrator makes them, a partner changes its own wishes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.notify import partners
from services.notify.merge import merged
from shared.clock import utc_now
from shared.db.engine import transaction
from shared.errors import FieldError, Forbidden, InvalidPartner
from shared.ids import new_token
from shared.keys import Caller, Scope
from shared.schema.partner import Partner
from shared.schema.problems import read
from shared.settings import settings
from shared.web import cursor, openapi
from shared.web.auth import forget_callers, needs, own_partner
from shared.web.body import read_json, read_patch

router = APIRouter(prefix="/v1/partners", tags=["partners"])
Admin = Annotated[Caller, Depends(needs())]
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]
Owner = Annotated[Caller, Depends(needs(Scope.PARTNER))]
Document = Annotated[Any, Depends(read_json)]
Patch = Annotated[Any, Depends(read_patch)]
SAMPLE = {
    "id": "harbour-institute",
    "name": "Harbour Institute",
    "language": "en",
    "timezone": "Europe/Berlin",
    "interest": {"sections": ["news"], "languages": ["en"], "tags": []},
    "digest": {"cadence": "daily", "at": "08:00", "email": ["desk@harbour.example"]},
}
_BODY = openapi.body(Partner, SAMPLE)
_PATCH = openapi.body(Partner, {"interest": {"languages": ["ko"]}})
_TAKEN: dict[int | str, dict[str, Any]] = {
    409: openapi.problem("There is a partner of that id already")
}
_CHANGEABLE_BY_PARTNER = {"interest", "digest"}


@router.post("", status_code=201, openapi_extra=_BODY, responses=_TAKEN)
def create(caller: Admin, document: Document) -> dict[str, Any]:
    """Make a partner; its token and the feeds' URLs are shown only here."""
    record = read(Partner, document, InvalidPartner)
    token = new_token()
    with transaction() as connection:
        partners.create(connection, record, token)
    return {**shown(record), **access(record, token)}


@router.get("")
def list_partners(
    caller: Reader,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List partners; a partner's key sees its own."""
    position = cursor.decode(after, str)
    with transaction() as connection:
        if caller.partner is not None:
            rows = [partners.get(connection, caller.partner)]
        else:
            rows = partners.page(connection, position[0] if position else None, limit + 1)
    return cursor.page(rows, limit, lambda record: (record.id,), shown)


@router.get("/{id}")
def show(id: str, caller: Reader) -> dict[str, Any]:
    """Read one partner."""
    own_partner(caller, id)
    with transaction() as connection:
        return shown(partners.get(connection, id))


@router.patch("/{id}", openapi_extra=_PATCH)
def change(id: str, caller: Owner, document: Patch) -> dict[str, Any]:
    """Change a partner by merge patch; a partner's key changes its interest and digest."""
    own_partner(caller, id)
    patch = _object(document)
    if caller.scope is Scope.PARTNER and not set(patch) <= _CHANGEABLE_BY_PARTNER:
        raise Forbidden("a partner's key may change interest and digest only")
    if patch.get("id", id) != id:
        raise InvalidPartner("check: id", [FieldError("id", "cannot be changed")])
    with transaction() as connection:
        before = partners.hold(connection, id)
        record = read(Partner, merged(shown(before), patch), InvalidPartner)
        partners.replace(connection, before, record, utc_now())
    return shown(record)


@router.delete("/{id}", status_code=204)
def remove(id: str, caller: Admin) -> Response:
    """Delete a partner, its endpoints and what they are owed."""
    with transaction() as connection:
        partners.remove(connection, id)
    forget_callers()
    return Response(status_code=204)


@router.post("/{id}/token")
def renew_token(id: str, caller: Admin) -> dict[str, Any]:
    """Give a partner a new token; the old one is dead at once."""
    token = new_token()
    with transaction() as connection:
        record = partners.get(connection, id)
        partners.renew_token(connection, id, token)
    return access(record, token)


def shown(record: Partner) -> dict[str, Any]:
    """Return a partner as the API shows it."""
    return record.model_dump(mode="json")


def access(record: Partner, token: str) -> dict[str, Any]:
    """Return what opens a partner's feeds."""
    home = f"{settings().base_url}/p/{token}"
    sections = ("all", *record.interest.sections)
    feeds = {section: f"{home}/{section}.atom" for section in sections}
    return {"token": token, "feeds": {**feeds, "digests": f"{home}/digests.atom"}}


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise InvalidPartner("send a JSON object with the fields to change")
    return document
