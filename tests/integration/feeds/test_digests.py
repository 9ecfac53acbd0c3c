"""What an issue holds: the posts of its window, by the partner's clock, in two forms."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.feeds.digest import contents
from services.feeds.digest.issue import issue_due
from services.feeds.digest.pages import MOST_POSTS
from services.ingest.relay import relay
from tests.integration.feeds.issues import (
    DAILY,
    HUB,
    Clock,
    a_subscriber,
    at,
    due,
    issued_now,
    ledger,
    page,
    posted,
    posts_of,
    said,
    stored,
    told,
)
from tests.integration.feeds.scenes import a_partner, a_post, published, sent, text_of
from tests.support.session import Api, settle


def test_an_issue_holds_the_posts_of_its_half_open_window(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    for moment, id in (
        ("2026-03-10T06:59:59.999Z", "too early"), ("2026-03-10T07:00:00Z", "first"),
        ("2026-03-11T06:59:59.999Z", "last"), ("2026-03-11T07:00:00Z", "next"),
    ):  # fmt: skip
        posted(admin, time, moment, id)
    assert due("2026-03-11T06:59:59Z") == 1  # yesterday's, which was missed
    assert due("2026-03-11T07:00:01Z") == due("2026-03-12T07:00:00Z") == 1
    shown = [(each["from"], each["until"], posts_of(each)) for each in ledger(admin)]
    assert shown == [
        ("2026-03-09T07:00:00Z", "2026-03-10T07:00:00Z", ["too early"]),
        ("2026-03-10T07:00:00Z", "2026-03-11T07:00:00Z", ["last", "first"]),
        ("2026-03-11T07:00:00Z", "2026-03-12T07:00:00Z", ["next"]),
    ]


def test_the_first_issue_reaches_back_one_cadence(admin: Api, time: Clock) -> None:
    a_subscriber(admin, "day")
    a_subscriber(admin, "week", digest={"cadence": "weekly", "at": "08:00", "weekday": 2})
    for moment, id in (
        ("2026-03-03T06:59:00Z", "older"), ("2026-03-03T07:00:00Z", "week"),
        ("2026-03-09T06:59:00Z", "yesterday"), ("2026-03-09T07:00:00Z", "day"),
    ):  # fmt: skip
        posted(admin, time, moment, id)
    assert due("2026-03-10T07:00:00Z") == 2
    assert told(admin, "day") == [["day"]]
    assert told(admin, "week") == [["day", "yesterday", "week"]]


@pytest.mark.parametrize(
    ("zone", "time_of_day", "slots"),
    [
        ("Europe/Berlin", "08:00",  # the clock springs forward: a day of 23 hours
         ["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z", "2026-03-30T06:00:00Z"]),
        ("Europe/Berlin", "08:00",  # and back: 25 hours
         ["2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z", "2026-10-26T07:00:00Z"]),
        ("America/New_York", "02:30",  # a time that the clock leaves out: the moment of the jump
         ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]),
        ("America/New_York", "01:30",  # a time that it shows twice: the first
         ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]),
        ("Asia/Seoul", "00:00",
         ["2026-03-27T15:00:00Z", "2026-03-28T15:00:00Z", "2026-03-29T15:00:00Z"]),
    ],
    ids=["spring", "autumn", "gap", "fold", "no change"],
)  # fmt: skip
def test_a_day_is_the_partners_own_also_when_its_clock_changes(
    admin: Api, time: Clock, zone: str, time_of_day: str, slots: list[str]
) -> None:
    a_subscriber(admin, timezone=zone, digest={"cadence": "daily", "at": time_of_day})
    assert due(slots[0]) == 1
    expected = []
    for start, end in pairwise(slots):
        before_end = (at(end) - timedelta(seconds=1)).isoformat()
        posted(admin, time, start, f"at {start}")
        posted(admin, time, before_end, f"before {end}")
        assert issue_due(at(before_end)) == 0
        assert due(end) == 1
        expected.append((start, end, [f"before {end}", f"at {start}"]))
    shown = [(each["from"], each["until"], posts_of(each)) for each in ledger(admin)]
    assert shown[1:] == expected


def test_a_late_issue_ends_where_its_slot_does(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "before")
    posted(admin, time, "2026-03-10T07:00:01Z", "after")
    assert due("2026-03-10T19:00:00Z") == 1
    assert due("2026-03-11T07:00:00Z") == 1
    assert told(admin) == [["before"], ["after"]]


def test_missed_slots_merge_into_one_issue(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    assert due("2026-03-10T07:00:00Z") == 1
    for day in (11, 12, 13):
        posted(admin, time, f"2026-03-{day}T06:00:00Z", f"of {day}")
    assert due("2026-03-13T09:00:00Z") == 1
    last = ledger(admin)[-1]
    assert (last["from"], last["until"]) == ("2026-03-10T07:00:00Z", "2026-03-13T07:00:00Z")
    assert posts_of(last) == ["of 13", "of 12", "of 11"]


def test_a_slot_is_due_from_the_partners_making_on(admin: Api) -> None:
    a_partner(admin, timezone="UTC", digest={"cadence": "daily", "at": "00:00"})
    assert due("2026-01-01T00:00:01Z") == 0
    assert due("2999-01-01T00:00:01Z") == 1


def test_who_wants_no_digests_gets_none(admin: Api, time: Clock) -> None:
    a_subscriber(admin, digest={"cadence": "none"})
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    assert due("2026-03-10T08:00:00Z") == 0
    assert ledger(admin) == []


def test_a_change_of_schedule_neither_loses_nor_repeats(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due("2026-03-10T07:00:00Z")
    posted(admin, time, "2026-03-10T08:00:00Z", "b")
    changed = {"timezone": "Asia/Seoul", "digest": {"at": "21:00"}}
    assert admin("PATCH", "/v1/partners/harbour", json=changed).status_code == 200
    due("2026-03-10T12:00:00Z")
    posted(admin, time, "2026-03-10T13:00:00Z", "c")
    changed = {"digest": {"cadence": "weekly", "weekday": 5, "at": "09:00"}}
    assert admin("PATCH", "/v1/partners/harbour", json=changed).status_code == 200
    due("2026-03-13T00:00:00Z")
    assert told(admin) == [["a"], ["b"], ["c"]]


def test_what_is_not_numbered_yet_is_in_the_next_issue(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    time.is_at("2026-03-10T06:59:00Z")
    sent(admin, "slow", date_published="2026-03-10T06:59:00Z")
    assert issue_due(at("2026-03-10T07:00:00Z")) == 1
    relay()
    due("2026-03-11T07:00:00Z")
    assert told(admin) == [["a"], ["slow"]]


def test_interest_and_audience_select_what_it_tells(admin: Api, time: Clock) -> None:
    a_subscriber(admin, interest={"sections": ["news"], "languages": ["en"]})
    a_subscriber(admin, "library")
    moment = "2026-03-10T06:00:00Z"
    posted(admin, time, moment, "a", language="en-GB")
    posted(admin, time, moment, "b", section="archives")
    posted(admin, time, moment, "c", language="ko")
    posted(admin, time, moment, "d", audience=["harbour"])
    posted(admin, time, moment, "e", audience=["library"])
    assert due("2026-03-10T07:00:00Z") == 2
    assert told(admin) == [["d", "a"]]
    assert told(admin, "library") == [["e", "c", "b", "a"]]
    harbours, librarys = (ledger(admin, id)[0] for id in ("harbour", "library"))
    for other, issue in (("e", harbours), ("d", librarys)):
        for text in (stored(issue).html, stored(issue).text, page(admin, issue).text):
            assert f"Title of {other}" not in text


def test_a_scheduled_post_is_told_once_it_is_released(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    time.is_at("2026-03-10T06:00:00Z")
    published(admin, "held", date_published="2026-03-01", embargo_until="2026-03-10T09:00:00Z")
    posted(admin, time, "2026-03-10T06:30:00Z", "a")
    due("2026-03-10T07:00:00Z")
    assert admin("POST", "/v1/partners/harbour/digests/preview").json()["posts"] == []
    due("2026-03-10T09:00:00Z")
    due("2026-03-11T07:00:00Z")
    assert told(admin) == [["a"], ["held"]]


def test_each_post_is_named_with_where_it_is(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "공원 a", language="ko", section="archives")
    due("2026-03-10T07:00:00Z")
    assert ledger(admin)[0]["posts"] == [
        {
            "id": "공원 a",
            "url": "https://city.example/%EA%B3%B5%EC%9B%90%20a",
            "title": "Title of 공원 a",
            "section": "archives",
            "language": "ko",
        }
    ]


def test_it_is_written_as_html_and_as_text(admin: Api, time: Clock) -> None:
    a_subscriber(admin, name="Harbour <Institute>")
    file = {"url": "https://city.example/plan.pdf", "mime_type": "application/pdf",
            "title": "The plan", "size_in_bytes": 340_000}  # fmt: skip
    posted(admin, time, "2026-03-28T09:00:00Z", "a", title="Parks & <gardens>",
           content_html="<p>Twelve <b>parks</b></p>", attachments=[file])  # fmt: skip
    posted(admin, time, "2026-03-28T10:00:00Z", "b", section="archives", language="ko")
    due("2026-03-29T06:00:00Z")
    issue = ledger(admin)[0]
    row = stored(issue)
    assert row.subject == "City News: 2 posts (Mar 28 – 29, 2026)"
    for form in (text_of(row.html), " ".join(row.text.split())):
        for part in ("City News", "Harbour", "News", "Archives", "Twelve parks", "The plan",
                     "(PDF, 340 KB)", "Title of b", "Korean", "Mar 28, 2026",
                     "Mar 28, 2026 07:00 to Mar 29, 2026 08:00 (Europe/Berlin)"):  # fmt: skip
            assert part in form
    assert "Parks & <gardens>" in row.text
    assert "<p>" not in row.text
    assert "Parks &amp; &lt;gardens&gt;" in row.html
    assert "Harbour &lt;Institute&gt;" in row.html
    for link in ("https://city.example/a", "https://city.example/plan.pdf", issue["url"]):
        assert f'href="{link}"' in row.html
        assert link in row.text.split()


def test_it_is_written_in_the_partners_language(admin: Api, time: Clock) -> None:
    a_subscriber(admin, language="ko", timezone="Asia/Seoul", name="항만연구원")
    posted(admin, time, "2026-03-10T22:00:00Z", "a", language="ko", title="공원 새 단장")
    due("2026-03-10T23:00:00Z")
    row = stored(ledger(admin)[0])
    assert row.subject == "[City News] 소식 1건 (2026년 3월 10일~11일)"
    for form in (text_of(row.html), row.text):
        assert "항만연구원 귀중" in form
        assert "2026년 3월 11일" in form


def test_a_preview_is_what_is_sent_and_changes_nothing(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:30:00Z", "b")
    time.is_at("2026-03-10T07:00:00Z")
    answers = [admin("POST", "/v1/partners/harbour/digests/preview") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    previewed = answers[0].json()
    assert previewed == answers[1].json()
    assert set(previewed) == {"subject", "html", "text", "posts"}
    assert previewed["posts"] == ["b", "a"]
    assert ledger(admin) == []
    due("2026-03-10T07:00:00Z")
    issue = ledger(admin)[0]
    row = stored(issue)
    assert row.subject == previewed["subject"]
    for form in ("html", "text"):
        assert getattr(row, form) == previewed[form].replace(f"{HUB}/feeds", issue["url"])


def test_many_posts_are_capped_in_the_mail_and_all_on_the_page(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    time.is_at("2026-03-10T06:00:00Z")
    rows = [a_post(f"p{n}", date_published=f"2026-03-01T00:{n:02}:00Z") for n in range(53)]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == 53
    settle()
    due("2026-03-10T07:00:00Z")
    issue = ledger(admin)[0]
    row = stored(issue)
    assert len(posts_of(issue)) == 53
    for form in (row.html, row.text):
        assert (
            len(re.findall(r"(?m)^\* Title of p|<h3[^>]*><a [^>]*>Title of p", form)) == MOST_POSTS
        )
        assert "and 3 more posts" in form
        assert issue["url"] in form
    assert "City News: 53 posts" in row.subject
    assert page(admin, issue).text.count("Title of p") == 53


def test_posts_beyond_what_one_issue_tells_are_counted(
    admin: Api, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_TOLD", 2)
    a_subscriber(admin)
    for minute in range(3):
        posted(admin, time, f"2026-03-10T06:0{minute}:00Z", f"p{minute}")
    due("2026-03-10T07:00:00Z")
    issue = ledger(admin)[0]
    assert posts_of(issue) == ["p2", "p1"]
    assert "City News: 3 posts" in stored(issue).subject
    assert "and 1 more post" in stored(issue).text


@pytest.mark.parametrize("empty", ["skip", "send"])
def test_an_empty_day_is_skipped_or_sent_as_the_partner_wishes(
    admin: Api, time: Clock, empty: str
) -> None:
    a_subscriber(admin, digest={**DAILY, "empty": empty})
    posted(admin, time, "2026-03-10T07:00:00Z", "later")
    assert due("2026-03-10T07:00:00Z") == 1
    assert due("2026-03-11T07:00:00Z") == 1
    nothing, next_one = ledger(admin)
    assert nothing["posts"] == []
    assert (nothing["until"], next_one["from"]) == ("2026-03-10T07:00:00Z",) * 2
    assert posts_of(next_one) == ["later"]
    if empty == "skip":
        assert (nothing["state"], nothing["sent_at"], nothing["url"]) == ("skipped", None, None)
        assert (stored(nothing).html, stored(nothing).subject) == (None, None)
    else:
        assert (nothing["state"], nothing["sent_at"]) == ("sent", "2026-03-10T07:00:00Z")
        assert "There is nothing new in this issue." in stored(nothing).text
        assert "There is nothing new in this issue." in said(admin, nothing)


def test_one_by_hand_covers_the_window_since_the_last(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due("2026-03-10T07:00:00Z")
    posted(admin, time, "2026-03-10T08:00:00Z", "b")
    issue = issued_now(admin, time, "2026-03-10T08:30:00Z")
    assert issue["state"] == "sent"
    assert (issue["from"], issue["until"]) == ("2026-03-10T07:00:00Z", "2026-03-10T08:30:00Z")
    assert issue == ledger(admin)[-1]
    posted(admin, time, "2026-03-10T09:00:00Z", "c")
    due("2026-03-11T07:00:00Z")
    assert told(admin) == [["a"], ["b"], ["c"]]
    assert ledger(admin)[-1]["from"] == "2026-03-10T08:30:00Z"


def test_one_by_hand_needs_no_schedule(admin: Api, time: Clock) -> None:
    a_subscriber(admin, digest={"cadence": "none"})
    posted(admin, time, "2026-03-09T08:00:00Z", "older")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    issue: dict[str, Any] = issued_now(admin, time, "2026-03-10T08:30:00Z")
    assert (issue["from"], posts_of(issue)) == ("2026-03-09T08:30:00Z", ["a"])
