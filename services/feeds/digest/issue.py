"""Issue digests: claim a slot, compose what its window holds, store it and tell the partner."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from services.feeds import readers
from services.feeds import store as posts
from services.feeds.definition import ALL
from services.feeds.digest import pages, store
from services.feeds.digest.compose import compose
from services.feeds.digest.items import Issue, Withdrawn
from services.feeds.digest.store import Digest, Window
from services.feeds.digest.window import due_slot, first_start
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry
from shared import outbox
from shared.clock import rfc3339
from shared.db.engine import snapshot, transaction
from shared.ids import new_id
from shared.outbox import NewEvent
from shared.schema.digest import DigestPost, DigestState
from shared.schema.event import EventType
from shared.schema.partner import EmptyPolicy
from shared.settings import settings

MOST_POSTS = 50
"""Posts in one issue; the rest are counted and linked."""

TRIES = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a window holds for one partner."""

    published: list[Entry]
    corrected: list[Entry]
    withdrawn: list[Withdrawn]
    more: int

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.published or self.corrected or self.withdrawn)


def issue_due(now: datetime) -> int:
    """Issue every digest whose slot has come; return how many were settled."""
    with snapshot() as connection:
        due = [
            (reader, slot)
            for reader in readers.scheduled(connection)
            if (slot := _due(connection, reader, now)) is not None
        ]
    return sum(issue(reader, slot, now) is not None for reader, slot in due)


def issue(reader: Reader, slot: datetime, now: datetime) -> Digest | None:
    """Issue one partner's digest for a slot, once, whoever asks; None where it is settled.

    A try is counted before it is made; after ``TRIES`` the issue is ``failed`` with its reason.
    """
    with transaction() as connection:
        before = store.last(connection, reader.id)
        window = store.window(connection, before, first_start(reader.schedule, slot), slot)
        claimed = store.claim(connection, reader.id, slot, window)
    if claimed is None:
        return None
    try:
        with transaction() as connection:
            _settle(connection, claimed, reader, window, now)
    except Exception as error:  # noqa: BLE001  # whatever it is, the ledger names it
        _log.exception("digest not issued", digest_id=claimed.id, partner=reader.id)
        if claimed.attempts >= TRIES:
            with transaction() as connection:
                reason = f"{type(error).__name__}: {error}"[:500]
                store.settle(connection, claimed.id, DigestState.FAILED, error=reason)
        return None
    with transaction() as connection:
        return store.get(connection, claimed.id)


def preview(connection: Connection, reader: Reader, now: datetime) -> tuple[Issue, list[Entry]]:
    """Compose what would be sent now; changes nothing."""
    before = store.last(connection, reader.id)
    window = store.window(connection, before, first_start(reader.schedule, now), now)
    contents = _contents(connection, reader, window)
    page = f"{settings().base_url}/feeds"
    return _compose(reader, window, contents, page), contents.published


def _due(connection: Connection, reader: Reader, now: datetime) -> datetime | None:
    before = store.last(connection, reader.id)
    since = reader.created_at if before is None else before.slot
    return due_slot(reader.schedule, reader.zone, since=since, now=now)


def _settle(
    connection: Connection, claimed: Digest, reader: Reader, window: Window, now: datetime
) -> None:
    contents = _contents(connection, reader, window)
    if contents.empty and reader.schedule.empty is EmptyPolicy.SKIP:
        store.settle(connection, claimed.id, DigestState.SKIPPED, until_sequence=window.until)
        _log.info("digest skipped", digest_id=claimed.id, partner=reader.id)
        return
    composed = _compose(reader, window, contents, pages.url(claimed))
    told = [_digest_post(entry) for entry in contents.published]
    settled = store.settle(
        connection,
        claimed.id,
        DigestState.SENT,
        subject=composed.subject,
        html=composed.html,
        text=composed.text,
        posts=[post.model_dump() for post in told],
        sent_at=now,
        until_sequence=window.until,
    )
    if settled:
        outbox.append(connection, [_event(claimed, window, told, now)])
        _log.info("digest issued", digest_id=claimed.id, partner=reader.id, posts=len(told))


def _contents(connection: Connection, reader: Reader, window: Window) -> Contents:
    """Gather a window's posts as they are now: what may not be seen any more is left out."""
    selection = posts.of_partner(reader.id, reader.interest, ALL)
    fresh = store.told(connection, window, EventType.POST_PUBLISHED)
    published = posts.visible(connection, list(fresh), selection)
    before = store.told_before(connection, reader.id)
    revised = store.told(connection, window, EventType.POST_UPDATED)
    known = [id for id in revised if id in before and id not in fresh]
    gone = store.told(connection, window, EventType.POST_WITHDRAWN)
    visible = {entry.id for entry in published}
    return Contents(
        published=published[:MOST_POSTS],
        corrected=posts.visible(connection, known, selection)[:MOST_POSTS],
        withdrawn=[
            Withdrawn(before[id].title, when, before[id].language)
            for id, when in sorted(gone.items(), key=lambda item: (item[1], item[0]))
            if id in before and id not in visible
        ][:MOST_POSTS],
        more=max(0, len(published) - MOST_POSTS),
    )


def _compose(reader: Reader, window: Window, contents: Contents, page_url: str) -> Issue:
    return compose(
        partner_name=reader.name,
        publisher=settings().title,
        language=reader.language,
        zone=reader.zone,
        start=window.start,
        end=window.end,
        published=[pages.item(entry) for entry in contents.published],
        corrected=[pages.item(entry) for entry in contents.corrected],
        withdrawn=contents.withdrawn,
        page_url=page_url,
        more=contents.more,
    )


def _digest_post(entry: Entry) -> DigestPost:
    return DigestPost(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        section=entry.section,
        language=entry.language,
    )


def _event(claimed: Digest, window: Window, told: list[DigestPost], now: datetime) -> NewEvent:
    return NewEvent(
        id=new_id("evt"),
        type=EventType.DIGEST_PUBLISHED,
        timestamp=now,
        partner=claimed.partner,
        data={
            "id": claimed.id,
            "partner": claimed.partner,
            "url": pages.url(claimed),
            "from": rfc3339(window.start),
            "until": rfc3339(window.end),
            "posts": [post.model_dump() for post in told],
        },
    )
