"""What a submitted post changes. Pure: (what is held, the post, now) -> a change."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.ingest.sanitise import complete
from shared import jsontext
from shared.clock import rfc3339, to_milliseconds
from shared.errors import StaleRevision
from shared.interest import Facets
from shared.schema.event import EventType
from shared.schema.post import Post, State

NEW = 0
"""The revision of a post that is not held yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """The newest state of a post as the database has it."""

    id: str
    revision: int = NEW
    state: State = "published"
    fingerprint: str = ""
    document: str = "{}"
    facets: Facets | None = None
    translation_of: str | None = None
    date_published: datetime | None = None
    date_modified: datetime | None = None
    updated: datetime | None = None
    event_id: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The state to store and the event to tell, if any."""

    held: Held
    created: bool
    changed: bool
    due_at: datetime | None = None
    event: EventType | None = None
    was: Facets | None = None


def decide(held: Held, post: Post, now: datetime) -> Change:
    """Say what a post does to what is held.

    Raises ``StaleRevision`` where it is older than what is held.
    """
    published = post.date_published or held.date_published or to_milliseconds(now)
    dated = post.model_copy(update={"date_published": published})
    said = jsontext.dumps(dated.document())
    fingerprint = hashlib.sha256(said.encode()).hexdigest()
    known = held.revision != NEW and held.state != "withdrawn"
    if known and held.fingerprint == fingerprint:
        return Change(held, created=False, changed=False)
    whole = complete(dated)
    document = said if whole is dated else jsontext.dumps(whole.document())
    # What was read from the hub comes back with all that the hub added, such as HTML.
    if known and _canonical(held.document) == _canonical(document):
        return Change(held, created=False, changed=False)
    _refuse_older(held, post)
    due_at = max(published, post.embargo_until or published)
    state: State = "scheduled" if due_at > now else "published"
    number = held.revision + 1
    first = held.revision == NEW
    changed = Held(
        id=post.id,
        revision=number,
        state=state,
        fingerprint=fingerprint,
        document=document,
        facets=post.facets(),
        translation_of=post.translation_of,
        date_published=published,
        date_modified=post.date_modified or held.date_modified,
        updated=published if first else (post.date_modified or now),
    )
    shown_before = held.state == "published" and not first
    return Change(
        changed,
        created=first,
        changed=True,
        due_at=due_at if state == "scheduled" else None,
        event=_event(shown_before, state),
        was=held.facets if shown_before and held.facets != changed.facets else None,
    )


def withdraw(held: Held) -> Change:
    """Say what a withdrawal does; a second one changes nothing."""
    if held.state == "withdrawn":
        return Change(held, created=False, changed=False)
    event = EventType.POST_WITHDRAWN if held.state == "published" else None
    return Change(replace(held, state="withdrawn"), created=False, changed=True, event=event)


def read_back(held: Held) -> dict[str, Any]:
    """Return the post as the API and events show it."""
    post: dict[str, Any] = json.loads(read_back_text(held))
    return post


def read_back_text(held: Held, **more: Any) -> str:
    """Return the same as JSON text, ``more`` beside the state.

    Spliced in: a document is never empty, and reading it only to write it again is the dearest
    part of accepting a post.
    """
    state = {"revision": held.revision, "state": held.state, "sequence": held.sequence, **more}
    return f'{held.document[:-1]},"_pabal":{jsontext.dumps(state)}}}'


def withdrawal(held: Held, reason: str | None, now: datetime) -> dict[str, Any]:
    """Return the data of a ``post.withdrawn`` event about the state that was shown."""
    document = json.loads(held.document)
    told = {name: document[name] for name in ("id", "url", "section", "language")}
    return {**told, "reason": reason, "withdrawn_at": rfc3339(now)}


def _canonical(document: str) -> str:
    """Return what equal documents have in common, however their names are ordered."""
    return json.dumps(json.loads(document), sort_keys=True)


def _refuse_older(held: Held, post: Post) -> None:
    if not post.date_modified or not held.date_modified:
        return
    if post.date_modified < to_milliseconds(held.date_modified):
        raise StaleRevision(
            f"date_modified {rfc3339(post.date_modified)} is older than "
            f"{rfc3339(held.date_modified)}, which is held: send the newer state"
        )


def _event(shown_before: bool, state: State) -> EventType | None:
    if state == "scheduled":
        return EventType.POST_WITHDRAWN if shown_before else None
    return EventType.POST_UPDATED if shown_before else EventType.POST_PUBLISHED
