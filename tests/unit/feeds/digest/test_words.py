"""The Korean and the English of an issue."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.feeds.digest.items import Counts
from services.feeds.digest.words import ENGLISH, KOREAN, Words, words_for

SEOUL = ZoneInfo("Asia/Seoul")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("tag", "words"),
    [("ko", KOREAN), ("ko-KR", KOREAN), ("KO", KOREAN), ("en-US", ENGLISH), ("ja", ENGLISH)],
)
def test_korean_and_its_variants_are_korean_all_else_english(tag: str, words: Words) -> None:
    assert words_for(tag) is words


@pytest.mark.parametrize(
    ("words", "posts", "corrections", "withdrawals", "text"),
    [
        (ENGLISH, 1, 1, 1, "1 post, 1 correction, 1 withdrawal"),
        (ENGLISH, 2, 0, 3, "2 posts, 3 withdrawals"),
        (ENGLISH, 0, 2, 0, "2 corrections"),
        (ENGLISH, 0, 0, 0, "no new posts"),
        (KOREAN, 1, 0, 2, "소식 1건, 철회 2건"),
        (KOREAN, 0, 0, 0, "새 소식 없음"),
    ],
)
def test_counts(words: Words, posts: int, corrections: int, withdrawals: int, text: str) -> None:
    counts = words.counts(Counts(posts, corrections, withdrawals))
    assert counts == text


@pytest.mark.parametrize(
    ("start", "end", "english", "korean"),
    [
        # From midnight to midnight in Seoul is one day: the end belongs to the next.
        (utc(2026, 2, 28, 15), utc(2026, 3, 1, 15), "Mar 1, 2026", "2026년 3월 1일"),
        (utc(2026, 3, 1), utc(2026, 3, 2), "Mar 1 – 2, 2026", "2026년 3월 1일~2일"),
        (
            utc(2026, 2, 27),
            utc(2026, 3, 6),
            "Feb 27 – Mar 6, 2026",
            "2026년 2월 27일 ~ 3월 6일",
        ),
        (
            utc(2025, 12, 31),
            utc(2026, 1, 1),
            "Dec 31, 2025 – Jan 1, 2026",
            "2025년 12월 31일 ~ 2026년 1월 1일",
        ),
        (utc(2026, 3, 1), utc(2026, 3, 1), "Mar 1, 2026", "2026년 3월 1일"),
    ],
)
def test_dates_of_a_half_open_window(
    start: datetime, end: datetime, english: str, korean: str
) -> None:
    assert ENGLISH.dates(start, end, SEOUL) == english
    assert KOREAN.dates(start, end, SEOUL) == korean


def test_a_moment_is_told_in_the_zone() -> None:
    assert ENGLISH.minute(utc(2026, 3, 1, 23), SEOUL) == "Mar 2, 2026 08:00"
    assert KOREAN.minute(utc(2026, 3, 1, 23), SEOUL) == "2026년 3월 2일 08:00"


@pytest.mark.parametrize(
    ("words", "tag", "mark"),
    [
        (KOREAN, "ko-KR", ""),
        (KOREAN, "en", "영어"),
        (ENGLISH, "en-US", ""),
        (ENGLISH, "ko", "Korean"),
        (ENGLISH, "zh-Hant-TW", "Chinese"),
        (ENGLISH, "qzz", "qzz"),
    ],
)
def test_a_language_is_marked_where_it_differs(words: Words, tag: str, mark: str) -> None:
    assert words.language_mark(tag) == mark
