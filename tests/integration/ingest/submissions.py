"""Posts to submit, and what came of them in the database."""

from typing import Any

from sqlalchemy import select

from shared.db import engine
from shared.db.ingest import event, post, revision

JSON = {"content-type": "application/json"}
NDJSON = {"content-type": "application/x-ndjson"}


def a_post(id: str = "city:news:1", **fields: Any) -> dict[str, Any]:
    """Return a small post that is right."""
    base = {
        "id": id,
        "url": "https://city.example/news/1",
        "title": "Night buses",
        "section": "news",
        "language": "en",
        "date_published": "2026-03-01T00:00:00Z",
    }
    return {**base, **fields}


def stored() -> dict[str, int]:
    """Count what is in the database, committed."""
    with engine.transaction() as connection:
        return {
            table.name: len(connection.execute(select(table)).all())
            for table in (post, revision, event)
        }


NOTHING = {"post": 0, "revision": 0, "event": 0}


def told() -> list[tuple[str, str]]:
    """Return the events in the order of the outbox: type and post."""
    with engine.transaction() as connection:
        query = select(event.c.type, event.c.post_id).order_by(event.c.position)
        return [(row.type, row.post_id) for row in connection.execute(query)]


def sequences() -> list[int | None]:
    """Return the events' sequences in the order of the outbox."""
    with engine.transaction() as connection:
        return list(connection.scalars(select(event.c.sequence).order_by(event.c.position)))
