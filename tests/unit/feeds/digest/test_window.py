"""Slots and windows, over the zones of the world."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feeds.digest.window import due_slot, first_start, next_slot
from shared.schema.partner import Cadence, DigestSchedule

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
minutes = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
schedules = st.builds(
    DigestSchedule,
    cadence=st.sampled_from([Cadence.DAILY, Cadence.WEEKLY]),
    at=minutes,
    weekday=st.integers(1, 7),
)


def daily(at: str) -> DigestSchedule:
    return DigestSchedule(cadence=Cadence.DAILY, at=at)


def weekly(at: str, weekday: int) -> DigestSchedule:
    return DigestSchedule(cadence=Cadence.WEEKLY, at=at, weekday=weekday)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def walk(
    schedule: DigestSchedule, zone: ZoneInfo, after: datetime, until: datetime
) -> list[datetime]:
    """Return all slots in ``(after, until]``, one by one."""
    slots = []
    slot = next_slot(schedule, zone, after)
    while slot is not None and slot <= until:
        slots.append(slot)
        slot = next_slot(schedule, zone, slot)
    return slots


def clock(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@settings(deadline=None)
@given(schedules, zones, moments)
def test_a_slot_shows_the_time_or_the_clock_sprang_over_it(
    schedule: DigestSchedule, zone: ZoneInfo, after: datetime
) -> None:
    slot = next_slot(schedule, zone, after)
    assert slot is not None
    assert after < slot <= after + 16 * DAY
    assert slot.tzinfo is UTC
    shown = clock(slot, zone)
    if shown.time() == schedule.time():
        assert slot.astimezone(zone).fold == 0
    else:
        wall = [datetime.combine(shown.date() - n * DAY, schedule.time()) for n in (0, 1)]
        assert any(clock(slot - SECOND, zone) < missing < shown for missing in wall)


@settings(deadline=None)
@given(zones, moments, minutes)
def test_daily_slots_fall_on_each_local_day_once(zone: ZoneInfo, after: datetime, at: str) -> None:
    slots = walk(daily(at), zone, after, after + 40 * DAY)
    days = [clock(slot, zone).date() for slot in slots]
    assert len(set(days)) == len(days)
    for day, later in pairwise(days):
        between = [day + n * DAY for n in range(1, (later - day).days)]
        assert all(is_skipped(datetime.combine(d, time.fromisoformat(at)), zone) for d in between)


def is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    return clock(wall.replace(tzinfo=zone).astimezone(UTC), zone) != wall


@settings(deadline=None)
@given(zones, moments, minutes, st.integers(1, 7))
def test_weekly_slots_keep_their_weekday(
    zone: ZoneInfo, after: datetime, at: str, weekday: int
) -> None:
    slots = walk(weekly(at, weekday), zone, after, after + 60 * DAY)
    assert len(slots) >= 8
    for slot in slots:
        shown = clock(slot, zone)
        pushed = is_skipped(datetime.combine(shown.date() - DAY, time.fromisoformat(at)), zone)
        assert shown.isoweekday() == weekday or (pushed and shown.isoweekday() == weekday % 7 + 1)


@settings(deadline=None)
@given(schedules, zones, moments, st.timedeltas(timedelta(0), 30 * DAY))
def test_the_due_slot_is_the_last_of_those_missed(
    schedule: DigestSchedule, zone: ZoneInfo, since: datetime, late: timedelta
) -> None:
    now = since + late
    missed = walk(schedule, zone, since, now)
    assert due_slot(schedule, zone, since=since, now=now) == (missed[-1] if missed else None)


ticks = st.lists(
    st.tuples(st.timedeltas(timedelta(minutes=1), 10 * DAY), schedules, zones),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(moments, ticks)
def test_windows_join_without_gap_or_overlap_however_the_schedule_changes(
    created: datetime, changes: list[tuple[timedelta, DigestSchedule, ZoneInfo]]
) -> None:
    now, since = created, created
    windows: list[tuple[datetime, datetime]] = []
    for wait, schedule, zone in changes:
        now += wait
        slot = due_slot(schedule, zone, since=since, now=now)
        if slot is not None:
            start = windows[-1][1] if windows else first_start(schedule, slot)
            windows.append((start, slot))
            since = slot
        assert due_slot(schedule, zone, since=since, now=now) is None
        assert since <= now
    assert all(start < end for start, end in windows)
    assert all(end == start for (_, end), (start, _) in pairwise(windows))


@settings(deadline=None)
@given(schedules, zones, moments)
def test_a_slot_is_due_from_its_own_instant_and_only_once(
    schedule: DigestSchedule, zone: ZoneInfo, after: datetime
) -> None:
    slot = next_slot(schedule, zone, after)
    assert slot is not None
    assert due_slot(schedule, zone, since=after, now=slot - SECOND) is None
    assert due_slot(schedule, zone, since=after, now=slot) == slot
    assert due_slot(schedule, zone, since=slot, now=slot) is None


@pytest.mark.parametrize(
    ("zone", "at", "after", "slot"),
    [
        ("Asia/Seoul", "08:00", utc(2026, 3, 1), utc(2026, 3, 1, 23)),
        # Created before its time of day: due the same local day.
        ("Asia/Seoul", "08:00", utc(2026, 3, 1, 22, 59), utc(2026, 3, 1, 23)),
        # 02:30 does not exist: the clock springs from 02:00 to 03:00.
        ("America/New_York", "02:30", utc(2026, 3, 8), utc(2026, 3, 8, 7)),
        # 01:30 comes twice: the first.
        ("America/New_York", "01:30", utc(2026, 11, 1), utc(2026, 11, 1, 5, 30)),
        ("America/New_York", "01:30", utc(2026, 11, 1, 5, 30), utc(2026, 11, 2, 6, 30)),
        # Half an hour is skipped, from 02:00 to 02:30.
        ("Australia/Lord_Howe", "02:15", utc(2026, 10, 3), utc(2026, 10, 3, 15, 30)),
        # Midnight does not exist.
        ("Africa/Cairo", "00:00", utc(2026, 4, 23, 21), utc(2026, 4, 23, 22)),
        # The last hour of 30 March 2024 does not exist: that day has no slot, the next its own.
        ("America/Nuuk", "23:30", utc(2024, 3, 30, 12), utc(2024, 4, 1, 0, 30)),
        # All of 30 December 2011 does not exist.
        ("Pacific/Apia", "08:00", utc(2011, 12, 29, 18), utc(2011, 12, 30, 18)),
    ],
)
def test_daily_slots_at_the_odd_hours(zone: str, at: str, after: datetime, slot: datetime) -> None:
    assert next_slot(daily(at), ZoneInfo(zone), after) == slot


def test_a_weekly_slot_on_a_skipped_time_comes_at_the_jump_though_a_day_later() -> None:
    saturday = weekly("23:30", date(2024, 3, 30).isoweekday())
    slot = next_slot(saturday, ZoneInfo("America/Nuuk"), utc(2024, 3, 29))
    assert slot == utc(2024, 3, 31, 1)
    assert clock(slot, ZoneInfo("America/Nuuk")) == datetime(2024, 3, 31)


def test_missed_slots_merge_into_the_latest() -> None:
    seoul = ZoneInfo("Asia/Seoul")
    due = due_slot(daily("08:00"), seoul, since=utc(2026, 2, 1), now=utc(2026, 3, 1, 12))
    assert due == utc(2026, 2, 28, 23)


def test_a_later_time_of_day_is_due_again_on_the_same_day() -> None:
    seoul, first = ZoneInfo("Asia/Seoul"), utc(2026, 3, 1, 23)
    assert next_slot(daily("10:00"), seoul, first) == utc(2026, 3, 2, 1)


def test_without_cadence_nothing_is_due() -> None:
    off, seoul = DigestSchedule(), ZoneInfo("Asia/Seoul")
    assert next_slot(off, seoul, utc(2026, 3, 1)) is None
    assert due_slot(off, seoul, since=utc(2020, 1, 1), now=utc(2026, 3, 1)) is None


@pytest.mark.parametrize(
    ("cadence", "days"), [(Cadence.DAILY, 1), (Cadence.WEEKLY, 7), (Cadence.NONE, 1)]
)
def test_the_first_window_reaches_back_one_cadence(cadence: Cadence, days: int) -> None:
    slot = utc(2026, 3, 8, 7)
    assert first_start(DigestSchedule(cadence=cadence), slot) == slot - timedelta(days=days)
