"""Take posts in: one transaction for post, revision and event, for one post or a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from services.ingest import store, write
from services.ingest.publish import Change, Held, decide, read_back_text, withdraw, withdrawal
from shared import jsontext, outbox
from shared.errors import NotFound, PabalError
from shared.ids import new_id
from shared.outbox import NewEvent
from shared.schema.event import EventType
from shared.schema.post import Post

REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one post."""

    status: int
    changed: bool
    held: Held

    def shown(self) -> str:
        """Return the answer's body, as JSON text."""
        return read_back_text(self.held, changed=self.changed)


Outcome = Accepted | PabalError


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of posts, in order, and what has to be written for it."""

    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)

    def newest(self) -> dict[str, Change]:
        """Return the last change of each post."""
        return {change.held.id: change for change in self.changes}

    def only_event(self) -> NewEvent | None:
        """Return the event of a plan for one post, if it has one."""
        return self.events[0] if self.events else None


def submit(
    connection: Connection, posts: Sequence[Post], now: datetime, request_id: str | None
) -> list[Outcome]:
    """Store posts and their events; return what became of each, in order.

    The caller's transaction makes it true: nothing is accepted before it commits.
    """
    if not posts:
        return []
    if len(posts) == 1:
        new = submit_new(connection, posts[0], now, request_id)
        return [new or revise(connection, posts[0], now, request_id)]
    # Made once: a post that is written as new keeps the event of the first plan.
    events = [new_id("evt") for _ in posts]
    planned = partial(plan, posts, events, now, request_id)
    draft = planned({})
    newest = draft.newest()
    added = write.add_many(connection, newest.values(), now)
    held = store.hold(connection, {post.id for post in posts} - added)
    final = planned(held) if held else draft
    changed = [change for id, change in final.newest().items() if id not in added]
    write.change_many(connection, changed, now)
    write.revisions(connection, final.changes, now)
    outbox.append(connection, final.events)
    return final.outcomes


def submit_new(
    connection: Connection, post: Post, now: datetime, request_id: str | None
) -> Accepted | None:
    """Store one post that is new; None, and nothing is stored, where it is held already.

    A single statement: a connection that commits by itself is enough.
    """
    draft = plan([post], [new_id("evt")], now, request_id, {})
    if not (draft.changes and write.add_one(connection, draft.changes[0], draft.only_event(), now)):
        return None
    outcome = draft.outcomes[0]
    assert isinstance(outcome, Accepted)
    return outcome


def revise(connection: Connection, post: Post, now: datetime, request_id: str | None) -> Outcome:
    """Store the next state of a post that is held already, in the caller's transaction."""
    held = store.hold(connection, [post.id])
    final = plan([post], [new_id("evt")], now, request_id, held)
    if final.changes:
        write.change_one(connection, final.changes[0], final.only_event(), now)
    return final.outcomes[0]


def rehearse(
    connection: Connection, posts: Sequence[Post], now: datetime, seen: dict[str, Held]
) -> list[Outcome]:
    """Say what ``submit`` would answer, and store nothing.

    ``seen`` keeps what earlier posts of the same rehearsal would have changed.
    """
    unseen = {post.id for post in posts} - seen.keys()
    held = {**seen, **store.find(connection, unseen)}
    made = plan(posts, [""] * len(posts), now, None, held)
    for id, change in made.newest().items():
        # Bounded: all that decides about the next state, without the post itself.
        seen[id] = replace(change.held, document="{}")
    return made.outcomes


def plan(
    posts: Sequence[Post],
    events: Sequence[str],
    now: datetime,
    request_id: str | None,
    held: Mapping[str, Held],
) -> Plan:
    """Say what becomes of posts, one after the other, given what is held of them. Pure."""
    made = Plan()
    current = dict(held)
    for post, event_id in zip(posts, events, strict=True):
        before = current.get(post.id) or Held(post.id)
        try:
            change = decide(before, post, now)
        except PabalError as refusal:
            made.outcomes.append(refusal)
            continue
        if change.event is not None:
            change = replace(change, held=replace(change.held, event_id=event_id))
            made.events.append(_event(change, before, now, request_id))
        if change.changed:
            made.changes.append(change)
        current[post.id] = change.held
        made.outcomes.append(Accepted(201 if change.created else 200, change.changed, change.held))
    return made


def remove(
    connection: Connection, id: str, reason: str | None, now: datetime, request_id: str | None
) -> Accepted:
    """Withdraw a post; raises ``NotFound`` for one that was never here."""
    if store.get(connection, id) is None:
        raise NotFound(f"there is no post {id!r}")
    before = store.hold(connection, [id])[id]
    change = withdraw(before)
    if not change.changed:
        return Accepted(200, False, before)
    after = change.held
    if change.event is not None:
        event = _withdrawn(new_id("evt"), before, reason, now, request_id)
        after = replace(after, event_id=event.id, sequence=None)
        outbox.append(connection, [event])
    store.write_withdrawn(connection, after, reason, now)
    return Accepted(200, True, after)


def _event(change: Change, before: Held, now: datetime, request_id: str | None) -> NewEvent:
    id = change.held.event_id
    assert id is not None
    if change.event is EventType.POST_WITHDRAWN:
        return _withdrawn(id, before, "rescheduled", now, request_id)
    assert change.event is not None
    return NewEvent(
        id=id,
        type=change.event,
        timestamp=now,
        data=read_back_text(change.held),
        post_id=change.held.id,
        facets=change.held.facets,
        was=change.was,
        withdrawal=jsontext.dumps(withdrawal(before, None, now)) if change.was else None,
        request_id=request_id,
    )


def _withdrawn(
    id: str, held: Held, reason: str | None, now: datetime, request_id: str | None
) -> NewEvent:
    return NewEvent(
        id=id,
        type=EventType.POST_WITHDRAWN,
        timestamp=now,
        data=jsontext.dumps(withdrawal(held, reason, now)),
        post_id=held.id,
        facets=held.facets,
        request_id=request_id,
    )
