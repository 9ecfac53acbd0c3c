"""A small issue that several tests compose."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.feeds.digest.compose import compose
from services.feeds.digest.items import Attachment, Issue, Item, Withdrawn

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


def issue(**changes: Any) -> Issue:
    """Compose the sample issue, with some arguments changed."""
    arguments: dict[str, Any] = {
        "partner_name": "Relay Press",
        "publisher": "Seongnam",
        "language": "en",
        "zone": SEOUL,
        "start": seoul(2026, 3, 1, 8),
        "end": seoul(2026, 3, 2, 8),
        "published": (PARKS_KO, PARKS_EN, PHOTO),
        "corrected": (COUNCIL,),
        "withdrawn": (PARKING,),
        "page_url": "https://pabal.example/d/abc",
        "more": 2,
    }
    return compose(**(arguments | changes))


def empty_issue(**changes: Any) -> Issue:
    """Compose an issue of a window in which nothing happened."""
    return issue(published=(), corrected=(), withdrawn=(), more=0, **changes)
