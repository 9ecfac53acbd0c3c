"""The outbox: events written in the transaction that makes them true, numbered by the relay.

Every service appends here, inside its own transaction; nobody changes what was appended but the
relay, which gives the sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from shared import jsontext
from shared.db import ingest
from shared.db.copying import copy
from shared.interest import Facets, language_ranges
from shared.schema.event import EventType


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it is numbered.

    ``facets`` match it to feeds, partners and endpoints; ``was`` holds those of the state before,
    for whoever saw that one, and ``withdrawal`` the data for those who may not see the new one.
    ``partner`` makes it that partner's alone. Data are JSON text.
    """

    id: str
    type: EventType
    timestamp: datetime
    data: str
    post_id: str | None = None
    partner: str | None = None
    facets: Facets | None = None
    was: Facets | None = None
    withdrawal: str | None = None
    request_id: str | None = None


def append(connection: Connection, events: Sequence[NewEvent]) -> None:
    """Write events into the caller's transaction, in order."""
    copy(connection, ingest.event, [columns(event) for event in events])


def facet_columns(facets: Facets | None) -> dict[str, Any]:
    """Return the columns by which rows are matched in SQL."""
    if facets is None:
        return {"section": None, "language": None, "ranges": None, "tags": None, "audience": None}
    return {
        "section": facets.section,
        "language": facets.language,
        "ranges": list(language_ranges(facets.language)),
        "tags": list(facets.tags),
        "audience": None if facets.audience is None else list(facets.audience),
    }


def columns(event: NewEvent) -> dict[str, Any]:
    """Return the row of an event that is not numbered yet."""
    return {
        "id": event.id,
        "type": str(event.type),
        "timestamp": event.timestamp,
        "data": event.data,
        "post_id": event.post_id,
        "partner": event.partner,
        **facet_columns(event.facets),
        "was": None if event.was is None else jsontext.dumps(facet_columns(event.was)),
        "withdrawal": event.withdrawal,
        "request_id": event.request_id,
    }
