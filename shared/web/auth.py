"""Who may call: a Bearer key (RFC 6750) with a scope."""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from shared.db.console import key as key_table
from shared.db.engine import statement
from shared.db.notify import partner as partner_table
from shared.errors import Forbidden, NotFound, TooManyRequests, Unauthenticated
from shared.keys import Caller, Scope, hash_secret, parse_key, same_secret
from shared.web.limit import limiter

_its_partner = (partner_table.c.id == key_table.c.partner) & (
    partner_table.c.created_at <= key_table.c.created_at
)
_LIVE = (
    select(key_table.c.scope, key_table.c.partner, key_table.c.secret_hash)
    .outerjoin(partner_table, _its_partner)
    .where(key_table.c.partner.is_(None) | partner_table.c.id.is_not(None))
)
_bearer = HTTPBearer(auto_error=False, description="pabal_<id>_<secret>")


KNOWN_SECONDS = 0.5
"""For how long a key that was looked up is known: a deleted one is dead within that."""

_MOST_KNOWN = 10_000
_known: dict[str, tuple[float, Caller]] = {}
"""Callers, each with the moment until which it is known, by the hash of its key."""


async def caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Return who holds the request's key; raises ``Unauthenticated`` where nobody does.

    Raises ``TooManyRequests`` where the key has had its share: before anything else is looked at,
    the body above all.
    """
    if credentials is None:
        raise Unauthenticated("send Authorization: Bearer <key>")
    found = _known_caller(credentials.credentials)
    if found is None:
        found = await run_in_threadpool(find_caller, credentials.credentials)
    limit = limiter()
    if limit is not None and not await run_in_threadpool(limit.admits, found.key_id):
        raise TooManyRequests(f"a key may make {limit.per_second} requests a second")
    request.state.caller = found
    return found


def find_caller(text: str) -> Caller:
    """Look a key up.

    A partner's key dies with its partner: another one of that id does not inherit it.
    """
    try:
        given = parse_key(text)
    except ValueError as error:
        raise Unauthenticated(f"the key {error}") from None
    with statement() as connection:
        row = connection.execute(_LIVE.where(key_table.c.id == given.id)).one_or_none()
    if row is None or not same_secret(given.secret, row.secret_hash):
        raise Unauthenticated("no such key")
    found = Caller(given.id, Scope(row.scope), row.partner)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[hash_secret(text)] = (time.monotonic() + KNOWN_SECONDS, found)
    return found


def forget_callers() -> None:
    """Look every key up again; called where one was deleted, so that it is dead here at once."""
    _known.clear()


def _known_caller(text: str) -> Caller | None:
    until, found = _known.get(hash_secret(text), (0.0, None))
    return found if time.monotonic() < until else None


def needs(*scopes: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    """Return the dependency that admits these scopes; ``admin`` is always admitted."""
    admitted = {*scopes, Scope.ADMIN}

    # Async, although it awaits nothing: a plain function would be run in a thread.
    async def check(found: Annotated[Caller, Depends(caller)]) -> Caller:
        if found.scope not in admitted:
            raise Forbidden(f"this needs a key of scope {' or '.join(sorted(admitted))}")
        return found

    return check


def own_partner(found: Caller, partner: str) -> None:
    """Hide another partner's things from a partner's key."""
    if found.scope is Scope.PARTNER and found.partner != partner:
        raise NotFound("no such thing")
