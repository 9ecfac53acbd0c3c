"""Skip a slot by hand: nothing is sent at it, and its posts come with the next issue."""

from datetime import datetime, timedelta

from services.feeds import readers
from services.feeds.digest import calendar, chain, store
from services.feeds.digest.store import Digest
from services.feeds.digest.window import first_start, is_slot, next_slot
from services.feeds.readers import Reader
from shared.clock import rfc3339
from shared.db.engine import transaction
from shared.errors import Conflict, FieldError, Invalid
from shared.schema.digest import DigestState

FARTHEST = timedelta(days=366)
"""How far ahead a slot may be skipped."""


def skip(partner: str, slot: datetime | None, now: datetime) -> Digest:
    """Skip a partner's slot, by default the next one; skipping it again changes nothing.

    Raises ``NotFound`` for an unknown partner, ``Invalid`` for a moment that is no slot to come,
    ``Conflict`` where the slot is settled or no digests are scheduled.
    """
    with transaction() as connection:
        store.hold(connection, partner, wait=True)
        reader = readers.by_id(connection, partner)
        held = chain.standing(connection, reader, now, now)
        following = calendar.due(reader, held.slot, now) or next_slot(
            reader.schedule, reader.zone, now
        )
        if following is None:
            raise Conflict("no digests are scheduled for this partner")
        chosen = following if slot is None else _checked(reader, slot, following, now)
        end = min(chosen, now)
        window = chain.window(connection, held, first_start(reader.schedule, end), end)
        skipped = store.skip(connection, partner, chosen, window)
        if skipped is not None:
            return skipped
        settled = store.at_slot(connection, reader, chosen)
        if settled is None or settled.state is not DigestState.SKIPPED:
            raise Conflict(f"the digest of {rfc3339(chosen)} is settled")
        return settled


def _checked(reader: Reader, slot: datetime, following: datetime, now: datetime) -> datetime:
    if not following <= slot <= now + FARTHEST or not is_slot(reader.schedule, reader.zone, slot):
        say = f"must be a slot to come, such as {rfc3339(following)}, at most a year ahead"
        raise Invalid("check: slot", [FieldError("slot", say, rfc3339(slot))])
    return slot
