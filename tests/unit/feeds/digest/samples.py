"""A small issue that several tests compose."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.feeds.digest.compose import Frame, compose
from services.feeds.digest.items import (
    Attachment,
    Counts,
    Issue,
    Item,
    Listed,
    Translation,
    Withdrawn,
)

SEOUL = ZoneInfo("Asia/Seoul")


def seoul(*parts: int) -> datetime:
    """Return a moment by the clock of Seoul."""
    return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type,misc]


PARKS_KO = Item(
    id="101",
    url="https://news.example/ko/101",
    title="생활권 공원 12곳 새 단장",
    section="news",
    language="ko",
    published=seoul(2026, 3, 1, 9, 30),
    excerpt="성남시는 오는 3월 15일부터 분당구와 수정구 일대의 생활권 공원 열두 "
    "곳을 새로 단장한다.",
    attachments=(
        Attachment(
            "https://news.example/files/plan.hwp", "application/x-hwp", "정비 계획", 348_160
        ),
    ),
    image="https://news.example/parks.jpg",
    translations=(Translation("en-GB", "https://news.example/en/101"),),
    license="https://creativecommons.org/licenses/by/4.0/",
)
PARKS_EN = Item(
    id="102",
    url="https://news.example/en/102",
    title="Twelve neighbourhood parks renewed",
    section="news",
    language="en-GB",
    published=seoul(2026, 3, 1, 10),
    excerpt="Works start on 15 March.",
    corrected=True,
)
PHOTO = Item(
    id="a-7",
    url="https://news.example/archives/7",
    title="시 승격 기념식",
    section="archives",
    language="ko-KR",
    published=seoul(1973, 7, 1),
)
COUNCIL = Item(
    id="90",
    url="https://news.example/ko/90",
    title="시의회 임시회 안내",
    section="news",
    language="ko",
    published=seoul(2026, 2, 26, 9),
    corrected=True,
)
PARKING = Withdrawn("주차장 이용 안내", seoul(2026, 3, 1, 13), "ko")


FRAME = Frame(
    partner_name="Relay Press",
    publisher="Seongnam",
    language="en",
    zone=SEOUL,
    start=seoul(2026, 3, 1, 8),
    end=seoul(2026, 3, 2, 8),
    page_url="https://pabal.example/d/abc",
    totals=Counts(5, 1, 1),
)
LISTED = Listed((PARKS_KO, PARKS_EN, PHOTO), (COUNCIL,), (PARKING,))

MORE = Counts(2)


def issue(
    listed: Listed = LISTED,
    more: Counts = MORE,
    unsubscribe_url: str | None = None,
    **around: Any,
) -> Issue:
    """Compose the sample issue: what it lists, how much more there is, what stands around."""
    counts = listed.counts
    totals = Counts(
        counts.posts + more.posts,
        counts.corrections + more.corrections,
        counts.withdrawals + more.withdrawals,
    )
    return compose(replace(FRAME, totals=totals, **around), listed, unsubscribe_url)


def issue_of(*posts: Item, **around: Any) -> Issue:
    """Compose an issue of nothing but these posts."""
    return issue(Listed(posts), Counts(), **around)
