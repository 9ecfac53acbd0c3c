"""Feeds are named in Korean or English."""

import pytest

from services.feeds.render.snapshot import Feed
from services.feeds.render.titles import description, language, section_name, title


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (Feed("o", "City"), "City: All posts"),
        (Feed("o", "City", "news"), "City: News"),
        (Feed("o", "City", "archives", "en-US"), "City: Archives"),
        (Feed("o", "City", "press-releases"), "City: Press releases"),
        (Feed("o", "City", tag="parks"), "City: All posts, tagged “parks”"),
        (Feed("o", "City", "news", "ja"), "City: News (ja)"),
        (Feed("o", "City", "digests", partner="acme"), "City: Digests"),
        (Feed("o", "서울", language="ko"), "서울: 전체 글"),
        (Feed("o", "서울", "archives", "ko-KR"), "서울: 자료실"),
        (Feed("o", "서울", "news", "ko", "교통"), "서울: 뉴스, “교통” 태그"),
        (Feed("o", "Kosovo", "news", "kos"), "Kosovo: News (kos)"),
    ],
)
def test_title(feed: Feed, expected: str) -> None:
    assert title(feed) == expected


def test_description() -> None:
    assert description(Feed("o", "City", "news")) == "News from City, newest first"
    assert description(Feed("o", "서울", "news", "ko")) == "서울에서 발행하는 뉴스, 최신순"


def test_language_of_the_title() -> None:
    assert language(Feed("o", "City")) == "en"
    assert language(Feed("o", "서울", language="ko")) == "ko"


def test_section_name_follows_the_language() -> None:
    assert section_name("news", "ko") == "뉴스"
    assert section_name("news", "fr") == "News"
