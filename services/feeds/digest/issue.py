"""Issue digests: claim a slot, compose what its window holds, store it and tell the partner."""

from datetime import datetime

import structlog
from sqlalchemy import Connection

from services.feeds import readers
from services.feeds.digest import pages, store
from services.feeds.digest.contents import gather
from services.feeds.digest.items import Issue
from services.feeds.digest.store import Digest
from services.feeds.digest.window import due_slot, first_start
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry
from shared import jsontext, outbox
from shared.clock import rfc3339
from shared.db.engine import snapshot, transaction
from shared.ids import new_id
from shared.outbox import NewEvent
from shared.schema.digest import DigestPost, DigestState
from shared.schema.event import EventType
from shared.schema.partner import EmptyPolicy
from shared.settings import settings

MOST_POSTS = 50
"""Posts in one mail; the rest are counted, and stand on the issue's page."""

TRIES = 5
_log = structlog.get_logger(__name__)


def issue_due(now: datetime) -> int:
    """Issue every digest whose slot has come; return how many were settled."""
    with snapshot() as connection:
        due = [
            (reader, slot)
            for reader in readers.scheduled(connection)
            if (slot := _due(connection, reader, now)) is not None
        ]
    return sum(issue(reader, slot, now) is not None for reader, slot in due)


def issue(reader: Reader, slot: datetime, now: datetime, tries: int = TRIES) -> Digest | None:
    """Issue one partner's digest for a slot, once, whoever asks; None where this call did not.

    A try is counted before it is made; after ``tries`` the issue is ``failed`` with its reason.
    """
    with transaction() as connection:
        before = store.last(connection, reader.id)
        window = store.window(connection, before, first_start(reader.schedule, slot), slot)
        claimed = store.claim(connection, reader.id, slot, window)
    if claimed is None:
        return None
    if claimed.attempts > tries:
        _give_up(claimed, "every try was cut short")
        return None
    try:
        with transaction() as connection:
            settled = _settle(connection, claimed, reader, now)
    except Exception as error:  # noqa: BLE001  # whatever it was, it is kept as the reason
        _log.exception("digest not issued", digest_id=claimed.id, partner=reader.id)
        if claimed.attempts >= tries:
            _give_up(claimed, f"{type(error).__name__}: {error}"[:500])
        return None
    with transaction() as connection:
        return store.get(connection, claimed.id) if settled else None


def preview(connection: Connection, reader: Reader, now: datetime) -> tuple[Issue, list[Entry]]:
    """Compose what would be sent now; changes nothing."""
    before = store.last(connection, reader.id)
    window = store.window(connection, before, first_start(reader.schedule, now), now)
    contents = gather(connection, reader, window)
    page = f"{settings().base_url}/feeds"
    composed = pages.composed(reader, window, contents, page, MOST_POSTS)
    return composed, contents.published


def _due(connection: Connection, reader: Reader, now: datetime) -> datetime | None:
    before = store.last(connection, reader.id)
    since = reader.created_at if before is None else before.slot
    return due_slot(reader.schedule, reader.zone, since=since, now=now)


def _settle(connection: Connection, claimed: Digest, reader: Reader, now: datetime) -> bool:
    """Store what became of an issue; False where somebody else has done so."""
    contents = gather(connection, reader, claimed.window)
    if contents.empty and reader.schedule.empty is EmptyPolicy.SKIP:
        settled = store.settle(connection, claimed.id, DigestState.SKIPPED)
        _log.info("digest skipped", digest_id=claimed.id, partner=reader.id)
    else:
        url = pages.url(claimed)
        composed = pages.composed(reader, claimed.window, contents, url, MOST_POSTS)
        told = [_digest_post(entry) for entry in contents.published]
        settled = _send(connection, claimed, composed, told, now)
    if settled:
        store.merge_older(connection, claimed)
    return settled


def _send(
    connection: Connection,
    claimed: Digest,
    composed: Issue,
    told: list[DigestPost],
    now: datetime,
) -> bool:
    settled = store.settle(
        connection,
        claimed.id,
        DigestState.SENT,
        subject=composed.subject,
        html=composed.html,
        text=composed.text,
        posts=[post.model_dump() for post in told],
        sent_at=now,
    )
    if settled:
        outbox.append(connection, [_event(claimed, told, now)])
        _log.info("digest issued", digest_id=claimed.id, partner=claimed.partner, posts=len(told))
    return settled


def _give_up(claimed: Digest, reason: str) -> None:
    with transaction() as connection:
        store.settle(connection, claimed.id, DigestState.FAILED, error=reason)


def _digest_post(entry: Entry) -> DigestPost:
    return DigestPost(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        section=entry.section,
        language=entry.language,
    )


def _event(claimed: Digest, told: list[DigestPost], now: datetime) -> NewEvent:
    return NewEvent(
        id=new_id("evt"),
        type=EventType.DIGEST_PUBLISHED,
        timestamp=now,
        partner=claimed.partner,
        data=jsontext.dumps(
            {
                "id": claimed.id,
                "partner": claimed.partner,
                "url": pages.url(claimed),
                "from": rfc3339(claimed.from_at),
                "until": rfc3339(claimed.until_at),
                "posts": [post.model_dump() for post in told],
            }
        ),
    )
