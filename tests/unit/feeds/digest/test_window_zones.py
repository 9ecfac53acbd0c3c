"""The slots that a person would expect, written out: each by its zone's clock and in UTC."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.feeds.digest.window import is_slot, slots
from shared.schema.partner import Cadence, DigestSchedule

DAILY, WEEKLY = Cadence.DAILY, Cadence.WEEKLY
TABLE = {
    "New York, the clock springs over 02:30": ("America/New_York", "02:30", DAILY, [
        ("2026-03-07 02:30 EST", "2026-03-07T07:30Z"),
        ("2026-03-08 03:00 EDT", "2026-03-08T07:00Z"),
        ("2026-03-09 02:30 EDT", "2026-03-09T06:30Z"),
    ]),
    "New York, 01:30 comes twice": ("America/New_York", "01:30", DAILY, [
        ("2026-10-31 01:30 EDT", "2026-10-31T05:30Z"),
        ("2026-11-01 01:30 EDT", "2026-11-01T05:30Z"),
        ("2026-11-02 01:30 EST", "2026-11-02T06:30Z"),
    ]),
    "Tehran, no summer time since 2022": ("Asia/Tehran", "08:00", DAILY, [
        ("2026-03-21 08:00 +0330", "2026-03-21T04:30Z"),
        ("2026-03-22 08:00 +0330", "2026-03-22T04:30Z"),
        ("2026-03-23 08:00 +0330", "2026-03-23T04:30Z"),
    ]),
    "Tehran, the last spring whose midnight was missing": ("Asia/Tehran", "00:00", DAILY, [
        ("2022-03-21 00:00 +0330", "2022-03-20T20:30Z"),
        ("2022-03-22 01:00 +0430", "2022-03-21T20:30Z"),
        ("2022-03-23 00:00 +0430", "2022-03-22T19:30Z"),
    ]),
    "Cairo, summer time begins": ("Africa/Cairo", "08:00", DAILY, [
        ("2026-04-23 08:00 EET", "2026-04-23T06:00Z"),
        ("2026-04-24 08:00 EEST", "2026-04-24T05:00Z"),
    ]),
    "Cairo, midnight is missing": ("Africa/Cairo", "00:00", DAILY, [
        ("2026-04-23 00:00 EET", "2026-04-22T22:00Z"),
        ("2026-04-24 01:00 EEST", "2026-04-23T22:00Z"),
        ("2026-04-25 00:00 EEST", "2026-04-24T21:00Z"),
    ]),
    "Cairo, the last hour of the day comes twice": ("Africa/Cairo", "23:30", DAILY, [
        ("2026-10-28 23:30 EEST", "2026-10-28T20:30Z"),
        ("2026-10-29 23:30 EEST", "2026-10-29T20:30Z"),
        ("2026-10-30 23:30 EET", "2026-10-30T21:30Z"),
    ]),
    "Mexico City, where summer time would have begun": ("America/Mexico_City", "08:00", DAILY, [
        ("2026-04-04 08:00 CST", "2026-04-04T14:00Z"),
        ("2026-04-05 08:00 CST", "2026-04-05T14:00Z"),
        ("2026-04-06 08:00 CST", "2026-04-06T14:00Z"),
    ]),
    "Mexico City, the last spring with summer time": ("America/Mexico_City", "08:00", DAILY, [
        ("2022-04-02 08:00 CST", "2022-04-02T14:00Z"),
        ("2022-04-03 08:00 CDT", "2022-04-03T13:00Z"),
    ]),
    "Seoul, the same all year": ("Asia/Seoul", "08:00", DAILY, [
        ("2026-03-28 08:00 KST", "2026-03-27T23:00Z"),
        ("2026-03-29 08:00 KST", "2026-03-28T23:00Z"),
        ("2026-03-30 08:00 KST", "2026-03-29T23:00Z"),
    ]),
    "Seoul, every Monday": ("Asia/Seoul", "08:00", WEEKLY, [
        ("2026-03-02 08:00 KST", "2026-03-01T23:00Z"),
        ("2026-03-09 08:00 KST", "2026-03-08T23:00Z"),
        ("2026-03-16 08:00 KST", "2026-03-15T23:00Z"),
    ]),
    "Apia, all of 30 December 2011 is missing": ("Pacific/Apia", "08:00", DAILY, [
        ("2011-12-29 08:00 -10", "2011-12-29T18:00Z"),
        ("2011-12-31 08:00 +14", "2011-12-30T18:00Z"),
        ("2012-01-01 08:00 +14", "2011-12-31T18:00Z"),
    ]),
    "Apia, no summer time since 2021": ("Pacific/Apia", "08:00", DAILY, [
        ("2026-04-04 08:00 +13", "2026-04-03T19:00Z"),
        ("2026-04-05 08:00 +13", "2026-04-04T19:00Z"),
    ]),
    "Lord Howe, half an hour comes twice": ("Australia/Lord_Howe", "01:45", DAILY, [
        ("2026-04-04 01:45 +11", "2026-04-03T14:45Z"),
        ("2026-04-05 01:45 +11", "2026-04-04T14:45Z"),
        ("2026-04-06 01:45 +1030", "2026-04-05T15:15Z"),
    ]),
    "Lord Howe, half an hour is missing": ("Australia/Lord_Howe", "02:15", DAILY, [
        ("2026-10-03 02:15 +1030", "2026-10-02T15:45Z"),
        ("2026-10-04 02:30 +11", "2026-10-03T15:30Z"),
        ("2026-10-05 02:15 +11", "2026-10-04T15:15Z"),
    ]),
    "Kathmandu, a quarter past": ("Asia/Kathmandu", "00:00", DAILY, [
        ("2026-03-10 00:00 +0545", "2026-03-09T18:15Z"),
        ("2026-03-11 00:00 +0545", "2026-03-10T18:15Z"),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_slots_that_a_person_would_expect(name: str) -> None:
    key, at, cadence, expected = TABLE[name]
    schedule, zone = DigestSchedule(cadence=cadence, at=at), ZoneInfo(key)
    moments = [datetime.fromisoformat(utc) for _, utc in expected]
    just_before = moments[0] - timedelta(seconds=1)
    found = list(slots(schedule, zone, just_before, moments[-1]))
    shown = [
        (f"{slot.astimezone(zone):%Y-%m-%d %H:%M %Z}", f"{slot:%Y-%m-%dT%H:%MZ}") for slot in found
    ]
    assert shown == expected
    assert all(is_slot(schedule, zone, slot) for slot in moments)
    assert not any(is_slot(schedule, zone, slot + timedelta(minutes=1)) for slot in moments)
