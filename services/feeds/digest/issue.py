"""Issue digests: claim a slot, compose what its window holds, store it and tell the partner."""

from collections.abc import Collection
from datetime import datetime
from random import shuffle

import structlog
from sqlalchemy import Connection, Text, cast, literal
from sqlalchemy.dialects.postgresql import JSONB

from services.feeds import readers
from services.feeds.digest import calendar, chain, pages, store
from services.feeds.digest.contents import Contents, gather
from services.feeds.digest.edition import Edition
from services.feeds.digest.editions import Editions
from services.feeds.digest.items import Issue
from services.feeds.digest.news import News
from services.feeds.digest.store import Digest
from services.feeds.digest.stories import Named
from services.feeds.digest.window import first_start
from services.feeds.mail import ledger
from services.feeds.readers import Reader
from shared import jsontext, outbox
from shared.clock import rfc3339
from shared.db.engine import snapshot, transaction
from shared.ids import new_id
from shared.outbox import NewEvent
from shared.schema.digest import DigestState
from shared.schema.event import EventType
from shared.schema.partner import EmptyPolicy
from shared.settings import settings

AT_ONCE = 50
"""Issues between two looks at what is due."""

TRIES = 5
_log = structlog.get_logger(__name__)


def issue_due(now: datetime) -> int:
    """Issue every digest whose slot has come; return how many were settled.

    What is due is looked up again every few issues: other workers may be at it too.
    """
    settled, asked, editions = 0, set[str](), Editions()
    while due := _due(now, asked)[:AT_ONCE]:
        asked.update(reader.id for reader, _ in due)
        settled += sum(
            issue(reader, slot, now, editions=editions) is not None for reader, slot in due
        )
    return settled


def issue(
    reader: Reader,
    slot: datetime,
    now: datetime,
    *,
    tries: int = TRIES,
    wait: bool = False,
    editions: Editions | None = None,
) -> str | None:
    """Issue one partner's digest for a slot, once, whoever asks.

    Return the issue's id; None where this call did not settle it. A try is counted before it is
    made; after ``tries`` the issue is ``failed`` with its reason. Where somebody else issues for
    this partner, do nothing, or ``wait`` until they have ended. ``editions`` are those that
    others before have read.
    """
    with transaction() as connection:
        if not store.hold(connection, reader.id, wait=wait):
            return None
        claimed = _claim(reader, slot, now)
        if claimed is None:
            return None
        editions = Editions() if editions is None else editions
        settled = _try(connection, claimed, reader, now, editions=editions, tries=tries)
    return claimed.id if settled else None


def preview(connection: Connection, reader: Reader, now: datetime) -> tuple[Issue, list[Named]]:
    """Compose what would be sent now; changes nothing."""
    held = chain.standing(connection, reader, now, now)
    window = chain.window(connection, held, first_start(reader.schedule, now), now)
    contents = gather(connection, reader, window)
    page = f"{settings().base_url}/feeds"
    return pages.composed(connection, reader, window, contents, page), list(contents.news.posts)


def _due(now: datetime, asked: Collection[str]) -> list[tuple[Reader, datetime]]:
    """Return whose digests are due, each with its slot, but for those asked about already."""
    with snapshot() as connection:
        latest = chain.latest_slots(connection, now)
        wanted = readers.scheduled(connection)
    found = [
        (reader, slot)
        for reader in wanted
        if reader.id not in asked
        and (slot := calendar.due(reader, latest.get(reader.id), now)) is not None
    ]
    # Workers that begin together shall not meet at each partner.
    shuffle(found)
    return found


def _claim(reader: Reader, slot: datetime, now: datetime) -> Digest | None:
    """Count a try, in a transaction of its own so that none goes uncounted.

    None where the slot is settled, or covered by the issue of a later one.
    """
    with transaction() as connection:
        held = chain.standing(connection, reader, slot, now)
        if held.covers(slot):
            return None
        window = chain.window(connection, held, first_start(reader.schedule, slot), slot)
        return store.claim(connection, reader.id, slot, window)


def _try(
    connection: Connection,
    claimed: Digest,
    reader: Reader,
    now: datetime,
    *,
    editions: Editions,
    tries: int,
) -> bool:
    """Settle an issue; where that fails for the last time, keep the reason."""
    if claimed.attempts > tries:
        _give_up(connection, claimed, "every try was cut short")
        return False
    try:
        with connection.begin_nested():
            _settle(connection, claimed, reader, now, editions)
    except Exception as error:  # noqa: BLE001  # whatever it was, it is kept as the reason
        _log.exception("digest not issued", digest_id=claimed.id, partner=reader.id)
        if claimed.attempts >= tries:
            _give_up(connection, claimed, f"{type(error).__name__}: {error}"[:500])
        return False
    return True


def _settle(
    connection: Connection, claimed: Digest, reader: Reader, now: datetime, editions: Editions
) -> None:
    """Store what became of an issue."""
    edition = editions.of(connection, claimed.window)
    contents = gather(connection, reader, claimed.window, edition)
    if contents.empty and reader.schedule.empty is EmptyPolicy.SKIP:
        store.settle(connection, claimed, DigestState.SKIPPED)
        _log.info("digest skipped", digest_id=claimed.id, partner=reader.id)
    else:
        _send(connection, claimed, reader, contents, edition=edition, now=now)


def _send(
    connection: Connection,
    claimed: Digest,
    reader: Reader,
    contents: Contents,
    *,
    edition: Edition | None,
    now: datetime,
) -> None:
    """Store an issue, announce it, and owe its mails, all in the caller's transaction."""
    composed = pages.mailed(connection, reader, claimed, contents, edition)
    news = contents.news
    first = contents.first(pages.MOST_POSTS)
    shows = [post.id for story in (*first.published, *first.corrected) for post in story.posts]
    store.settle(
        connection,
        claimed,
        DigestState.SENT,
        subject=composed.subject,
        html=composed.html,
        text=composed.text,
        posts=cast(literal(news.ledger, Text), JSONB),
        shows=shows,
        sent_at=now,
    )
    outbox.append(connection, [_event(claimed, news, now)])
    ledger.owe(
        connection,
        claimed.id,
        reader.id,
        reader.schedule.email,
        host=settings().public_host,
        now=now,
    )
    _log.info("digest issued", digest_id=claimed.id, partner=claimed.partner, posts=len(news.posts))


def _give_up(connection: Connection, claimed: Digest, reason: str) -> None:
    store.settle(connection, claimed, DigestState.FAILED, error=reason)


def _event(claimed: Digest, news: News, now: datetime) -> NewEvent:
    about = {
        "id": claimed.id,
        "partner": claimed.partner,
        "url": pages.url(claimed),
        "from": rfc3339(claimed.from_at),
        "until": rfc3339(claimed.until_at),
    }
    return NewEvent(
        id=new_id("evt"),
        type=EventType.DIGEST_PUBLISHED,
        timestamp=now,
        partner=claimed.partner,
        # The posts are written once for all partners that are told the same.
        data=f'{jsontext.dumps(about)[:-1]},"posts":{news.ledger}}}',
    )
