"""When a digest is due: the slots of a schedule in a partner's zone. Pure.

An issue's window is half-open, ``[start, slot)``: it starts where the last issue ended, or, for
the first, one cadence back (``first_start``). Windows so chained neither overlap nor leave a gap,
however the schedule or the zone changes between them.

A slot is the first instant at which the zone's clock shows the time of day or later. Where the
clock springs over that time, this is the moment of the jump; where the time occurs twice, it is
the first occurrence. Moments are aware; those returned are in UTC.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.schema.partner import Cadence, DigestSchedule

_DAY = timedelta(days=1)
_LENGTH = {Cadence.NONE: _DAY, Cadence.DAILY: _DAY, Cadence.WEEKLY: 7 * _DAY}
# A zone that moves across the date line may skip or repeat a whole day.
_SLACK = 2


def due_slot(
    schedule: DigestSchedule, zone: ZoneInfo, *, since: datetime, now: datetime
) -> datetime | None:
    """Return the latest slot after ``since`` and not after ``now``, or None.

    ``since`` is the last issue's slot, or the partner's creation. Slots that were missed merge
    into the latest.
    """
    return max((slot for slot in _slots(schedule, zone, now) if since < slot <= now), default=None)


def next_slot(schedule: DigestSchedule, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first slot later than ``after``; None where no digests are scheduled."""
    return min((slot for slot in _slots(schedule, zone, after) if slot > after), default=None)


def slots(
    schedule: DigestSchedule, zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    """Yield the slots later than ``after`` and not after ``until``, in order."""
    slot = next_slot(schedule, zone, after)
    while slot is not None and slot <= until:
        yield slot
        slot = next_slot(schedule, zone, slot)


def is_slot(schedule: DigestSchedule, zone: ZoneInfo, moment: datetime) -> bool:
    """Tell whether a digest is scheduled for just this moment."""
    return moment in _slots(schedule, zone, moment)


def first_start(schedule: DigestSchedule, slot: datetime) -> datetime:
    """Return where the first window of a partner starts: one cadence before ``slot``.

    Without a cadence (an issue made by hand) that is a day.
    """
    return slot - _LENGTH[schedule.cadence]


def _slots(schedule: DigestSchedule, zone: ZoneInfo, around: datetime) -> Iterator[datetime]:
    """Yield the slots near a moment: at least one before it and one after it."""
    today = around.astimezone(zone).date()
    reach = _LENGTH[schedule.cadence].days + _SLACK
    for day in (today + timedelta(days=n) for n in range(-reach, reach + 1)):
        if _falls_on(schedule, day):
            slot = _first_instant(datetime.combine(day, schedule.time()), zone)
            if not _crowds(schedule, slot.astimezone(zone).date(), day):
                yield slot


def _falls_on(schedule: DigestSchedule, day: date) -> bool:
    if schedule.cadence is Cadence.WEEKLY:
        return day.isoweekday() == schedule.weekday
    return schedule.cadence is Cadence.DAILY


def _crowds(schedule: DigestSchedule, actual: date, day: date) -> bool:
    """Tell whether a slot that the clock pushed past midnight meets that day's own slot."""
    return actual != day and _falls_on(schedule, actual)


def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the zone's clock shows ``wall`` (naive) or later."""

    def shown(moment: datetime) -> datetime:
        return moment.astimezone(zone).replace(tzinfo=None)

    after = wall.replace(tzinfo=zone).astimezone(UTC)
    if shown(after) == wall:
        return after
    # In a gap the two readings of ``wall`` (PEP 495) enclose the jump.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range(int((after - before).total_seconds()) + 1)
    jump = bisect_left(seconds, wall, key=lambda n: shown(before + timedelta(seconds=n)))
    return before + timedelta(seconds=jump)
