"""The partners as feeds and digests know them; notify keeps them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from shared.db.notify import partner
from shared.errors import NotFound
from shared.interest import Interest
from shared.keys import hash_secret
from shared.schema.partner import Cadence, DigestSchedule

_COLUMNS = (
    partner.c.id, partner.c.name, partner.c.language, partner.c.timezone, partner.c.sections,
    partner.c.languages, partner.c.tags, partner.c.digest, partner.c.created_at,
    partner.c.planned_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """A partner that reads: who, in which language and zone, what, and when.

    ``planned_at`` is when its plan of digests last changed; None where it never did.
    """

    id: str
    name: str
    language: str
    zone: ZoneInfo
    interest: Interest
    schedule: DigestSchedule
    created_at: datetime
    planned_at: datetime | None = None


def by_token(connection: Connection, token: str) -> Reader:
    """Return whose token this is; raises ``NotFound`` for an unknown or revoked one."""
    query = select(*_COLUMNS).where(partner.c.token_hash == hash_secret(token))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("nothing is here")
    return _reader(row)


def by_id(connection: Connection, id: str) -> Reader:
    """Return one partner; raises ``NotFound``."""
    row = connection.execute(select(*_COLUMNS).where(partner.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no partner {id!r}")
    return _reader(row)


def keep(connection: Connection, id: str) -> Reader:
    """Return one partner, which nobody deletes before the transaction ends; raises ``NotFound``."""
    kept = select(*_COLUMNS).where(partner.c.id == id).with_for_update(read=True, key_share=True)
    row = connection.execute(kept).one_or_none()
    if row is None:
        raise NotFound(f"there is no partner {id!r}")
    return _reader(row)


def scheduled(connection: Connection) -> list[Reader]:
    """Return the partners that want digests."""
    query = select(*_COLUMNS).where(partner.c.digest["cadence"].astext != Cadence.NONE)
    return [_reader(row) for row in connection.execute(query.order_by(partner.c.id))]


def _reader(row: Row[*tuple[Any, ...]]) -> Reader:
    return Reader(
        id=row.id,
        name=row.name,
        language=row.language,
        zone=ZoneInfo(row.timezone),
        interest=Interest(tuple(row.sections), tuple(row.languages), tuple(row.tags)),
        schedule=DigestSchedule(**row.digest),
        created_at=row.created_at,
        planned_at=row.planned_at,
    )
