"""Digests by mail, by hand: an issue sent again, and what would be sent now mailed as a test."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.feeds import readers
from services.feeds.api import shown_mail
from services.feeds.mail import samples
from services.feeds.mail.resending import resend
from services.feeds.mail.samples import Sample
from shared.clock import rfc3339, utc_now
from shared.db.engine import snapshot
from shared.errors import Invalid
from shared.keys import Caller, Scope
from shared.schema.partner import MailAddress
from shared.schema.problems import read
from shared.web import openapi
from shared.web.auth import needs, own_partner
from shared.web.body import read_json, read_optional_json

router = APIRouter(prefix="/v1/partners/{id}/digests", tags=["digests"])
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]
Body = Annotated[Any, Depends(read_json)]
OptionalBody = Annotated[Any, Depends(read_optional_json)]


class Resend(BaseModel):
    """To whom an issue goes again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: MailAddress | None = Field(default=None, description="All its addresses by default")


class Test(BaseModel):
    """To whom a preview goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: MailAddress


_RESEND = openapi.body(Resend, {"to": "desk@harbour.example"}, required=False)
_TEST = openapi.body(Test, {"to": "me@hub.example"})
_NOT_MAILED: dict[int | str, dict[str, Any]] = {
    409: openapi.problem("The digest was not sent, or mailed to nobody")
}
_NO_SERVER: dict[int | str, dict[str, Any]] = {
    409: openapi.problem("No server takes the hub's mail: PABAL_SMTP_URL is not set")
}


@router.post("/test", status_code=202, openapi_extra=_TEST, responses=_NO_SERVER)
def mail_test(id: str, caller: Reader, wish: Body) -> dict[str, Any]:
    """Mail what would be sent now to one address, marked as a test; nothing else changes."""
    own_partner(caller, id)
    return _shown(samples.ask(id, read(Test, wish, Invalid).to, utc_now()))


@router.get("/tests")
def list_tests(id: str, caller: Reader) -> dict[str, Any]:
    """List the latest tests, the newest first, at most twenty, and what became of each."""
    own_partner(caller, id)
    with snapshot() as connection:
        found = samples.newest(connection, readers.by_id(connection, id).id)
    return {"items": [_shown(one) for one in found], "next_cursor": None}


@router.post("/{digest}/resend", status_code=202, openapi_extra=_RESEND, responses=_NOT_MAILED)
def resend_issue(id: str, digest: str, caller: Reader, wish: OptionalBody) -> dict[str, Any]:
    """Send an issue's mail again, to all its addresses or one; suppressed ones get none."""
    own_partner(caller, id)
    put_back = resend(id, digest, read(Resend, wish, Invalid).to, utc_now())
    return {"id": digest, "mail": [shown_mail(one) for one in put_back]}


def _shown(one: Sample) -> dict[str, Any]:
    return {"id": one.id, **shown_mail(one), "created_at": rfc3339(one.created_at)}
