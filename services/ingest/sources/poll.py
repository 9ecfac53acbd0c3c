"""Poll the sources that are due: many fetched at once, then taken in one by one."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from services.ingest.sources import outcome, store, subscribe
from services.ingest.sources.document import Document, Unreadable
from services.ingest.sources.fetch import Fetcher
from services.ingest.sources.links import first_link
from services.ingest.sources.outcome import Settled
from services.ingest.sources.reading import read_feed
from services.ingest.sources.source import Fetched, FetchError, Source
from services.ingest.sources.take import take
from shared.clock import utc_now
from shared.db.engine import is_away, transaction
from shared.resolve import ThreadedResolver
from shared.settings import Settings, settings

AT_ONCE = 20
"""Sources in one run: the next ring goes on."""

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)
_log = structlog.get_logger(__name__)


def anything_due(now: datetime) -> bool:
    """Tell whether there is something to poll or to ask."""
    with transaction() as connection:
        return store.anything_due(connection, now)


def poll_due(now: datetime) -> int:
    """Poll what is due and ask the hubs that are due; return how many sources were polled."""
    with transaction() as connection:
        claimed = store.claim(connection, now, AT_ONCE)
        asking = subscribe.claim(connection, now, AT_ONCE)
    if claimed or asking:
        answers = asyncio.run(_exchange(claimed, asking, settings()))
        for source, answer in zip(claimed, answers, strict=True):
            _settle(source, answer, settings())
    return len(claimed)


async def _exchange(
    claimed: Sequence[Source], asking: Sequence[subscribe.Subscription], settings: Settings
) -> list[Fetched | FetchError]:
    resolver = ThreadedResolver()
    agent = f"Pabal (+{settings.base_url})"
    try:
        async with Fetcher(settings.allowed_networks, resolver, agent) as fetcher:
            asked = [subscribe.ask(fetcher, request, settings) for request in asking]
            answers = await asyncio.gather(*(_fetch(fetcher, one) for one in claimed), *asked)
            return [answer for answer in answers if answer is not None]
    finally:
        resolver.close()


async def _fetch(fetcher: Fetcher, source: Source) -> Fetched | FetchError:
    validators = {"If-None-Match": source.etag, "If-Modified-Since": source.last_modified}
    given = {name: value for name, value in validators.items() if value is not None}
    try:
        return await fetcher.get(source.address, {"Accept": ACCEPT, **given})
    except FetchError as error:
        return error


def _settle(source: Source, answer: Fetched | FetchError, settings: Settings) -> None:
    """Take in what came and say when to look again; one source's fault is not another's."""
    now = utc_now()
    try:
        with transaction() as connection:
            settled = _judge(connection, source, answer, settings, now)
            store.settle(connection, source.id, settled, now)
    except (DBAPIError, ValueError, LookupError, TypeError, AttributeError) as error:
        if is_away(error):
            raise
        _log.exception("source not taken in", source_id=source.id)
        reason = f"could not be taken in ({type(error).__name__})"
        settled = outcome.failed(source, None, reason, now=now, jitter=_jitter())
        with transaction() as connection:
            store.settle(connection, source.id, settled, now)
    _log.info("source polled", source_id=source.id, status=settled.status, error=settled.error)


def _judge(
    connection: Connection,
    source: Source,
    answer: Fetched | FetchError,
    settings: Settings,
    now: datetime,
) -> Settled:
    if isinstance(answer, FetchError):
        return outcome.failed(source, None, str(answer), now=now, jitter=_jitter())
    if answer.status == HTTPStatus.GONE:
        return outcome.gone(source, answer)
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return outcome.unmodified(source, answer, now=now, jitter=_jitter())
    if answer.status != HTTPStatus.OK:
        reason = f"answered {answer.status}"
        return outcome.failed(source, answer, reason, now=now, jitter=_jitter())
    try:
        document = read_feed(answer.body, answer.headers.get("content-type"), answer.address)
    except Unreadable as error:
        return outcome.failed(source, answer, str(error), now=now, jitter=_jitter())
    source = store.lock(connection, source.id)
    report = take(connection, source, document, settings, now)
    subscribe.note(connection, source, _named(source, answer, document), settings, now)
    return outcome.taken(source, answer, document.wait, report.shown(), now=now, jitter=_jitter())


def _named(source: Source, answer: Fetched, document: Document) -> subscribe.Named:
    """Return hub and topic: a header's word goes before the document's (WebSub, section 4)."""
    header = answer.headers.get("link")
    hub = first_link(header, "hub", answer.address) or document.hub
    topic = first_link(header, "self", answer.address) or document.topic
    return subscribe.Named(hub, topic or source.address)


def _jitter() -> float:
    return random.random()  # noqa: S311  # it spreads polls, it guards nothing
