"""Digests over HTTP: their ledger, a preview, and one now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.feeds import readers
from services.feeds.digest import issue, pages, store
from services.feeds.digest.store import Digest
from services.feeds.mail import ledger
from services.feeds.mail.ledger import Shown
from services.feeds.mail.samples import Sample
from shared.clock import rfc3339, utc_now
from shared.db.engine import snapshot
from shared.errors import Conflict, Malformed
from shared.keys import Caller, Scope
from shared.schema.digest import DigestState
from shared.web import cursor, openapi
from shared.web.auth import needs, own_partner

router = APIRouter(prefix="/v1/partners/{id}/digests", tags=["digests"])
_FAILED: dict[int | str, dict[str, Any]] = {
    409: openapi.problem("It could not be issued; the ledger says why")
}
Reader = Annotated[Caller, Depends(needs(Scope.PARTNER, Scope.OPERATE))]
Owner = Annotated[Caller, Depends(needs(Scope.PARTNER))]


@router.get("")
def list_digests(
    id: str,
    caller: Reader,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List a partner's issues, the newest slot first."""
    own_partner(caller, id)
    before = _slot(after)
    with snapshot() as connection:
        rows = store.newest(connection, readers.by_id(connection, id), before, limit + 1)
        mails = ledger.of_digests(connection, [row.id for row in rows])
    return cursor.page(
        rows, limit, lambda row: (row.slot.isoformat(),), lambda row: shown(row, mails[row.id])
    )


@router.post("/preview")
def preview(id: str, caller: Reader) -> dict[str, Any]:
    """Show what would be sent now; sends nothing, changes nothing."""
    own_partner(caller, id)
    with snapshot() as connection:
        composed, entries = issue.preview(connection, readers.by_id(connection, id), utc_now())
    return {
        "subject": composed.subject,
        "html": composed.html,
        "text": composed.text,
        "posts": [entry.id for entry in entries],
    }


@router.post("", status_code=201, responses=_FAILED)
def issue_now(id: str, caller: Owner) -> dict[str, Any]:
    """Issue a digest now for the window since the last."""
    own_partner(caller, id)
    now = utc_now()
    with snapshot() as connection:
        reader = readers.by_id(connection, id)
    issued = issue.issue(reader, now, now, tries=1, wait=True)
    with snapshot() as connection:
        found = None if issued is None else store.get(connection, reader, issued)
        if found is None:
            raise Conflict("no digest was issued: the ledger has the reason, or a newer one")
        mails = ledger.of_digests(connection, [found.id])
    return shown(found, mails[found.id])


def shown(digest: Digest, mails: Sequence[Shown]) -> dict[str, Any]:
    """Return an issue and its mails as the API shows them."""
    return {
        "id": digest.id,
        "slot": rfc3339(digest.slot),
        "from": rfc3339(digest.from_at),
        "until": rfc3339(digest.until_at),
        "state": digest.state,
        "error": digest.error,
        "posts": [post.model_dump() for post in digest.posts],
        "sent_at": digest.sent_at and rfc3339(digest.sent_at),
        "url": pages.url(digest) if digest.state is DigestState.SENT else None,
        "mail": [shown_mail(one) for one in mails],
    }


def shown_mail(one: Shown | Sample) -> dict[str, Any]:
    """Return where a mail stands as the API shows it."""
    return {
        "address": one.address,
        "state": one.state,
        "attempts": one.attempts,
        "next_at": one.next_at and rfc3339(one.next_at),
        "error": one.error,
        "sent_at": one.sent_at and rfc3339(one.sent_at),
    }


def _slot(after: str | None) -> datetime | None:
    position = cursor.decode(after, str)
    if position is None:
        return None
    try:
        slot = datetime.fromisoformat(position[0])
    except ValueError:
        raise Malformed("the cursor is not one that the hub gave") from None
    return slot if slot.tzinfo is not None else slot.replace(tzinfo=UTC)
