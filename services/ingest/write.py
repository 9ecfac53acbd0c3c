"""Accepted posts into PostgreSQL: one statement for one post, COPY for many.

This is the hot path of ingest, so it is SQL by hand: a round trip costs as much as everything
else that is done for a post.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.ingest.publish import Change
from shared import outbox
from shared.db.copying import copy
from shared.db.ingest import revision
from shared.outbox import NewEvent, facet_columns

_POST = {
    "id": "text",
    "revision": "integer",
    "state": "text",
    "fingerprint": "text",
    "date_modified": "timestamptz",
    "due_at": "timestamptz",
    "event_id": "text",
}
_NUMBERED = {
    "post_id": "text",
    "number": "integer",
    "document": "text",
    "section": "text",
    "language": "text",
    "ranges": "text[]",
    "tags": "text[]",
    "audience": "text[]",
    "translation_of": "text",
    "date_published": "timestamptz",
    "updated": "timestamptz",
    "accepted_at": "timestamptz",
    "shown_from": "timestamptz",
    "shown_until": "timestamptz",
}
_EVENT = {
    "id": "text",
    "type": "text",
    "timestamp": "timestamptz",
    "data": "text",
    "post_id": "text",
    "section": "text",
    "language": "text",
    "ranges": "text[]",
    "tags": "text[]",
    "audience": "text[]",
    "was": "jsonb",
    "withdrawal": "text",
    "request_id": "text",
}


def _given(kind: str, columns: Mapping[str, str]) -> str:
    return ", ".join(f"%({kind}_{name})s::{type}" for name, type in columns.items())


def _set(names: Iterable[str], source: str) -> str:
    return ", ".join(f"{name} = {source}{name}" for name in names if name != "id")


_ADD = f"""
    INSERT INTO ingest.post ({", ".join(_POST)}, accepted_at)
    VALUES ({_given("post", _POST)}, %(now)s) ON CONFLICT DO NOTHING RETURNING id"""
_CHANGE = f"""
    UPDATE ingest.post SET {_set(_POST, "given.")}, withdrawn_at = NULL, withdrawn_reason = NULL
    FROM (SELECT {", ".join(f"%(post_{n})s::{t} AS {n}" for n, t in _POST.items())}) given
    WHERE post.id = given.id RETURNING post.id"""
_END_SHOWN = """
    UPDATE ingest.revision SET shown_until = %(now)s
    WHERE post_id = ANY(%(ids)s) AND shown_from IS NOT NULL AND shown_until IS NULL"""


def _with_revision_and_event(*parts: str) -> str:
    """Return the statement that writes a post, its revision and its event, if any, at once."""
    before = "".join(f", before_{n} AS ({part})" for n, part in enumerate(parts[1:]))
    return f"""
    WITH made AS ({parts[0]}){before}, kept AS (
        INSERT INTO ingest.revision ({", ".join(_NUMBERED)})
        SELECT {_given("revision", _NUMBERED)} FROM made
    ), told AS (
        INSERT INTO ingest.event ({", ".join(_EVENT)})
        SELECT {_given("event", _EVENT)} FROM made WHERE %(event_id)s::text IS NOT NULL
    )
    SELECT count(*) FROM made"""


_ADD_ONE = _with_revision_and_event(_ADD)
_CHANGE_ONE = _with_revision_and_event(_CHANGE, _END_SHOWN)
_UNNESTED = ", ".join(f"%({name})s::{type}[]" for name, type in _POST.items())
_MANY = f"unnest({_UNNESTED}) AS given({', '.join(_POST)})"
_ADD_MANY = f"""
    INSERT INTO ingest.post ({", ".join(_POST)}, accepted_at)
    SELECT {", ".join(_POST)}, %(now)s FROM {_MANY} ORDER BY id
    ON CONFLICT DO NOTHING RETURNING id"""
_CHANGE_MANY = f"""
    UPDATE ingest.post SET {_set(_POST, "given.")}, withdrawn_at = NULL, withdrawn_reason = NULL
    FROM {_MANY} WHERE post.id = given.id"""


def add_one(connection: Connection, change: Change, event: NewEvent | None, now: datetime) -> bool:
    """Store a post that is new; False, and nothing is stored, where it is held already.

    One statement, so that it needs no transaction around it.
    """
    done = connection.exec_driver_sql(_ADD_ONE, _one(change, event, now))
    return bool(done.scalar_one())


def change_one(
    connection: Connection, change: Change, event: NewEvent | None, now: datetime
) -> None:
    """Store the next revision of a post that is locked."""
    given = {**_one(change, event, now), "ids": [change.held.id]}
    connection.exec_driver_sql(_CHANGE_ONE, given)


def add_many(connection: Connection, changes: Collection[Change], now: datetime) -> frozenset[str]:
    """Store the posts that are new, without their revisions; return their ids.

    They are locked in the order of ids, as ``store.hold`` does: call this first.
    """
    made = connection.exec_driver_sql(_ADD_MANY, {**_columns(changes), "now": now})
    return frozenset(made.scalars())


def change_many(connection: Connection, changes: Collection[Change], now: datetime) -> None:
    """Point posts that are locked to their newest revision, ending what was shown before."""
    if changes:
        ids = [change.held.id for change in changes]
        connection.exec_driver_sql(_END_SHOWN, {"ids": ids, "now": now})
        connection.exec_driver_sql(_CHANGE_MANY, _columns(changes))


def revisions(connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    """Store revisions; of those of one post, only the last is shown."""
    last = {change.held.id: change for change in changes}
    rows = [_revision(change, now, change is last[change.held.id]) for change in changes]
    copy(connection, revision, rows)


def _columns(changes: Collection[Change]) -> dict[str, list[Any]]:
    rows = [_post(change) for change in changes]
    return {name: [row[name] for row in rows] for name in _POST}


def _one(change: Change, event: NewEvent | None, now: datetime) -> dict[str, Any]:
    told = {} if event is None else outbox.columns(event)
    return {
        "now": now,
        **{f"post_{name}": value for name, value in _post(change).items()},
        **{f"revision_{name}": value for name, value in _revision(change, now, True).items()},
        **{f"event_{name}": told.get(name) for name in _EVENT},
    }


def _post(change: Change) -> dict[str, Any]:
    held = change.held
    return {
        "id": held.id,
        "revision": held.revision,
        "state": held.state,
        "fingerprint": held.fingerprint,
        "date_modified": held.date_modified,
        "due_at": change.due_at,
        "event_id": held.event_id,
    }


def _revision(change: Change, now: datetime, last: bool) -> dict[str, Any]:
    held = change.held
    shown_from = now if held.state == "published" else None
    return {
        "post_id": held.id,
        "number": held.revision,
        "document": held.document,
        **facet_columns(held.facets),
        "translation_of": held.translation_of,
        "date_published": held.date_published,
        "updated": held.updated,
        "accepted_at": now,
        "shown_from": shown_from,
        "shown_until": None if last else shown_from,
    }
