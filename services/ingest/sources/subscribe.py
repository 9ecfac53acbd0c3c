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
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """The hub that a source names, if any, and the address that its hub knows it by."""

    hub: str | None
    topic: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a hub is asked for."""

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


def claim(connection: Connection, now: datetime, limit: int) -> list[Request]:
    """Take the hubs that are to be asked; each is asked again later unless it confirms."""
    due = (
        select(source.c.id)
        .where(source.c.state == ACTIVE, source.c.ask_at <= now)
        .order_by(source.c.ask_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    columns = (source.c.id, source.c.hub, source.c.topic, source.c.callback, source.c.hub_secret)
    asked = update(source).where(source.c.id.in_(due)).values(ask_at=now + AGAIN)
    return [
        Request(row.id, row.hub, row.topic, row.callback, decrypt(row.hub_secret))
        for row in connection.execute(asked.returning(*columns))
    ]


async def ask(fetcher: Fetcher, request: Request, settings: Settings) -> None:
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


def confirm(connection: Connection, callback: str, topic: str, lease: str, now: datetime) -> bool:
    """Tell whether a subscription was asked for, and keep the lease that the hub gives."""
    held = _by_callback(connection, callback)
    if held is None or held.topic != topic:
        return False
    given = timedelta(seconds=int(lease)) if _is_seconds(lease) else LEASE
    lasting = min(max(given, SHORTEST), LONGEST)
    # Renewed while a third of it is left.
    values = {"lease_until": now + lasting, "ask_at": now + lasting * 2 / 3}
    connection.execute(update(source).where(source.c.id == held.id).values(values))
    return True


def denied(connection: Connection, callback: str, topic: str, now: datetime) -> bool:
    """Keep that the hub will not push (section 5.2); it is asked again in a while."""
    held = _by_callback(connection, callback)
    if held is None or held.topic != topic:
        return False
    values = {"lease_until": None, "ask_at": now + LEASE}
    connection.execute(update(source).where(source.c.id == held.id).values(values))
    return True


def pushed_for(connection: Connection, callback: str, signature: str, body: bytes) -> str | None:
    """Return the id of the source that a push is for; nothing where its signature is wrong."""
    held = _by_callback(connection, callback)
    if held is None or not is_signed(decrypt(held.hub_secret), signature, body):
        return None
    return str(held.id)


def is_known(connection: Connection, callback: str) -> bool:
    """Tell whether a callback is one of ours."""
    return _by_callback(connection, callback) is not None


def is_signed(secret: str, signature: str, body: bytes) -> bool:
    """Tell whether ``X-Hub-Signature`` (section 7.1.2) is the secret's over the body."""
    method, _, given = signature.partition("=")
    if method.lower() not in _METHODS:
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def _by_callback(connection: Connection, callback: str) -> Row[*tuple[Any, ...]] | None:
    columns = (source.c.id, source.c.topic, source.c.hub_secret)
    query = select(*columns).where(source.c.callback == callback, source.c.state != DELETED)
    return connection.execute(query).one_or_none()


def _is_seconds(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _admitted(hub: str | None, settings: Settings) -> str | None:
    try:
        return hub and web_url(hub, allowed=settings.allowed_networks)
    except ValueError:
        return None
