"""Digests to come over HTTP: a calendar of slots, one skipped by hand; and one issue by its id."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.feeds import readers
from services.feeds.api import shown
from services.feeds.digest import calendar, store
from services.feeds.digest.calendar import Planned
from services.feeds.digest.skipping import skip
from services.feeds.mail import ledger
from shared.clock import rfc3339, utc_now
from shared.db.engine import snapshot
from shared.errors import Invalid, NotFound
from shared.keys import Caller, Scope
from shared.schema.problems import read
from shared.web import cursor, openapi
from shared.web.auth import needs, own_partner
from shared.web.body import read_optional_json

router = APIRouter(prefix="/v1", tags=["digests"])
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]
Operator = Depends(needs(Scope.OPERATE))
Wish = Annotated[Any, Depends(read_optional_json)]
Days = Annotated[int, Query(ge=1, le=31, description="How far to look ahead")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(alias="cursor")]


class Skip(BaseModel):
    """Which slot to skip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slot: AwareDatetime | None = Field(default=None, description="The next one by default")


_SKIP = openapi.body(Skip, {"slot": "2026-03-10T07:00:00Z"}, required=False)
_SETTLED: dict[int | str, dict[str, Any]] = {
    409: openapi.problem("The slot is settled, or no digests are scheduled")
}
_PLANNED = {
    "partner": "harbour",
    "slot": "2026-03-10T07:00:00Z",
    "local": "2026-03-10T08:00:00+01:00",
    "timezone": "Europe/Berlin",
    "cadence": "daily",
    "state": "due",
}
_CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The slots to come, in order",
        "content": {"application/json": {"example": {"items": [_PLANNED], "next_cursor": None}}},
    }
}


@router.get("/digests/calendar", responses=_CALENDAR, dependencies=[Operator])
def all_planned(days: Days = 7, after: After = None, limit: Limit = 50) -> dict[str, Any]:
    """List what is planned for the next days: every partner's slots, in order."""
    return _page(None, days, after, limit)


@router.get("/partners/{id}/digests/calendar", responses=_CALENDAR)
def planned(
    id: str, caller: Reader, days: Days = 7, after: After = None, limit: Limit = 50
) -> dict[str, Any]:
    """List what is planned for one partner."""
    own_partner(caller, id)
    return _page(id, days, after, limit)


@router.post("/partners/{id}/digests/skip", openapi_extra=_SKIP, responses=_SETTLED)
def skip_slot(id: str, caller: Reader, wish: Wish) -> dict[str, Any]:
    """Send nothing at a slot, by default the next; its posts come with the issue after it."""
    own_partner(caller, id)
    slot = read(Skip, wish, Invalid).slot
    return shown(skip(id, slot and slot.astimezone(UTC), utc_now()), [])


@router.get("/digests/{id}")
def show(id: str, caller: Reader) -> dict[str, Any]:
    """Read one issue of the ledger."""
    with snapshot() as connection:
        issue = store.by_id(connection, id)
        mails = ledger.of_digests(connection, [id])
    if issue is None or caller.partner not in (None, issue.partner):
        raise NotFound(f"there is no digest {id!r}")
    about = {"partner": issue.partner, "subject": issue.subject, "attempts": issue.attempts}
    return {**shown(issue, mails[id]), **about}


def _page(partner: str | None, days: int, after: str | None, limit: int) -> dict[str, Any]:
    now, place = utc_now(), cursor.decode(after, datetime, str)
    behind = None if place is None else (place[0], place[1])
    until = now + timedelta(days=days)
    with snapshot() as connection:
        if partner is None:
            wanted = readers.scheduled(connection)
        else:
            wanted = [readers.by_id(connection, partner)]
        skipped = calendar.skipped(connection, now, until)
    rows = list(islice(calendar.planned(wanted, now, until, behind), limit + 1))

    def told(each: Planned) -> dict[str, Any]:
        return _shown(each, skipped=(each.reader.id, each.slot) in skipped)

    return cursor.page(rows, limit, lambda each: (each.slot.isoformat(), each.reader.id), told)


def _shown(each: Planned, *, skipped: bool) -> dict[str, Any]:
    return {
        "partner": each.reader.id,
        "slot": rfc3339(each.slot),
        "local": each.slot.astimezone(each.reader.zone).isoformat(),
        "timezone": each.reader.zone.key,
        "cadence": each.reader.schedule.cadence,
        "state": "skipped" if skipped else "due",
    }
