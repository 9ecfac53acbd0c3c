"""The pages' words: which language they speak, and how they write dates."""

from datetime import datetime

import pytest
from babel import Locale

from services.feeds.site import words


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        ("ko", "en", "ko"),
        ("en", "ko", "en"),
        ("fr", "ko", "ko"),
        (None, "", "en"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "en-GB,ko;q=0.9", "en"),
        (None, "en;q=0.5, ko;q=0.7", "ko"),
        (None, "ko;q=0, fr", "en"),
        (None, "ko;q=nonsense, en", "en"),
        (None, "fr, de", "en"),
        (None, ";;;,,q=", "en"),
    ],
)
def test_the_language_of_a_page(asked: str | None, accepted: str, spoken: str) -> None:
    assert words.for_reader(asked, accepted).language == spoken


@pytest.mark.parametrize(
    ("language", "spoken"), [("ko", "ko"), ("ko-KR", "ko"), ("en-GB", "en"), ("fo", "en")]
)
def test_the_language_around_a_post(language: str, spoken: str) -> None:
    assert words.for_post(language).language == spoken


@pytest.mark.parametrize(
    ("tag", "in_korean", "in_itself"),
    [
        ("en", "영어", "English"),
        ("ko-KR", "한국어 (대한민국)", "한국어 (대한민국)"),
        ("fr", "프랑스어", "français"),
        ("x-none", "x-none", "x-none"),
        ("qqq", "qqq", "qqq"),
    ],
)
def test_a_language_has_a_name_or_goes_by_its_tag(tag: str, in_korean: str, in_itself: str) -> None:
    assert words.language_name(tag, "ko") == in_korean
    assert words.language_name(tag) == in_itself


@pytest.mark.parametrize(
    ("language", "moment", "written"),
    [
        ("ko", datetime(2026, 3, 1, 9, 5), "2026년 3월 1일 09:05"),
        ("en", datetime(2026, 3, 1, 9, 5), "March 1, 2026, 09:05"),
        ("fr", datetime(2026, 3, 1, 23, 59), "1 mars 2026, 23:59"),
        ("ko", datetime(2026, 3, 1), "2026년 3월 1일"),
        ("en", datetime(2026, 3, 1, 0, 0, 1), "March 1, 2026, 00:00"),
    ],
)
def test_a_date_is_written_in_its_language(language: str, moment: datetime, written: str) -> None:
    assert words.date_and_time(moment, words.locale_of(language)) == written


@pytest.mark.parametrize("tag", ["x-none", "qqq", "i-klingon"])
def test_dates_of_unknown_languages_are_english(tag: str) -> None:
    assert words.locale_of(tag) == Locale("en")
