"""WebSub, as a subscriber (W3C WebSub, sections 5 and 8): hubs that sources name push to us.

Polling goes on below: a push only makes news arrive sooner.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select, update

from services.ingest.sources.fetch import Fetcher
from services.ingest.sources.source import ACTIVE, DELETED, FetchError, Source
from shared.crypto import decrypt, encrypt
from shared.db.ingest import source
from shared.ids import new_token
from shared.settings import Settings
from shared.urls import web_url

LEASE = timedelta(days=10)
"""How long a subscription is asked to last."""

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=90)
"""Between these a hub's own lease is believed."""

AGAIN = timedelta(hours=1)
"""When a hub is asked again that did not confirm."""

_OF_A_HUB = ("hub", "topic", "callback", "hub_secret", "ask_at", "lease_until")
_COLUMNS = (source.c.id, source.c.hub, source.c.topic, source.c.callback, source.c.hub_secret)
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """The hub that a source names, if any, and the address that its hub knows it by."""

    hub: str | None
    topic: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a hub asks when it calls back; ``lease`` in seconds, as it was written."""

    mode: str
    topic: str
    lease: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a hub is asked for, and by what it is known when it calls back."""

    source_id: str
    hub: str
    topic: str
    callback: str
    secret: str


def note(
    connection: Connection, polled: Source, named: Named, settings: Settings, now: datetime
) -> None:
    """Keep which hub a source names: a new one is asked at once, one no longer named left."""
    hub = _admitted(named.hub, settings) if settings.secret_keys else None
    if (hub, named.topic if hub else None) == (polled.hub, polled.topic):
        return
    values: dict[str, Any] = dict.fromkeys(
        ("hub", "topic", "ask_at", "callback", "hub_secret", "lease_until")
    )
    if hub is not None:
        values |= {"hub": hub, "topic": named.topic, "ask_at": now, "callback": new_token()}
        values |= {"hub_secret": encrypt(secrets.token_hex(32))}
    connection.execute(update(source).where(source.c.id == polled.id).values(values))


def claim(connection: Connection, now: datetime, limit: int) -> list[Subscription]:
    """Take the hubs that are to be asked; each is asked again later unless it confirms."""
    due = (
        select(source.c.id)
        .where(source.c.state == ACTIVE, source.c.ask_at <= now)
        .order_by(source.c.ask_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    asked = update(source).where(source.c.id.in_(due)).values(ask_at=now + AGAIN)
    return [_subscription(row) for row in connection.execute(asked.returning(*_COLUMNS))]


async def ask(fetcher: Fetcher, request: Subscription, settings: Settings) -> None:
    """Ask a hub for a subscription; it confirms by calling back. A refusal is no fault of ours."""
    form = {
        "hub.mode": "subscribe",
        "hub.topic": request.topic,
        "hub.callback": f"{settings.base_url}/v1/sources/callback/{request.callback}",
        "hub.secret": request.secret,
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }
    try:
        answer = await fetcher.post(request.hub, form)
    except FetchError as error:
        _log.info("hub not reached", source_id=request.source_id, error=str(error))
    else:
        _log.info("hub asked", source_id=request.source_id, status=answer.status)


def agree(connection: Connection, callback: str, question: Question, now: datetime) -> bool:
    """Tell whether a hub asks back what it was asked, and keep what it says (sections 5.2, 5.3).

    One that denies is asked again in a while.
    """
    held = find(connection, callback)
    if held is None or held.topic != question.topic:
        return False
    values: dict[str, datetime | None]
    if question.mode == "subscribe":
        lasting = _lasting(question.lease)
        # Renewed while a third of it is left.
        values = {"lease_until": now + lasting, "ask_at": now + lasting * 2 / 3}
    elif question.mode == "denied":
        values = {"lease_until": None, "ask_at": now + LEASE}
    else:
        return False
    connection.execute(update(source).where(source.c.id == held.source_id).values(values))
    return True


def find(connection: Connection, callback: str) -> Subscription | None:
    """Return the subscription that a callback is for, if it is ours (still)."""
    query = select(*_COLUMNS).where(source.c.callback == callback, source.c.state != DELETED)
    row = connection.execute(query).one_or_none()
    return None if row is None else _subscription(row)


def is_signed(secret: str, signature: str, body: bytes) -> bool:
    """Tell whether ``X-Hub-Signature`` (section 7.1.2) is the secret's over the body."""
    method, _, given = signature.partition("=")
    if method.lower() not in _METHODS:
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def _subscription(row: Row[*tuple[Any, ...]]) -> Subscription:
    return Subscription(row.id, row.hub, row.topic, row.callback, decrypt(row.hub_secret))


def _lasting(lease: str) -> timedelta:
    """Return for how long a hub's word holds; without one, what it was asked for."""
    known = lease.isascii() and lease.isdigit() and len(lease) < 10
    given = timedelta(seconds=int(lease)) if known else LEASE
    return min(max(given, SHORTEST), LONGEST)


def _admitted(hub: str | None, settings: Settings) -> str | None:
    try:
        return hub and web_url(hub, allowed=settings.allowed_networks)
    except ValueError:
        return None
