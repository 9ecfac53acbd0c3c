"""Which posts make one story, and in which language it is told."""

from dataclasses import replace

import pytest

from services.feeds.digest.stories import Named, stories
from tests.unit.feeds.digest.samples import seoul

MOMENT = seoul(2026, 3, 1, 9)


def a_post(id: str, language: str, translation_of: str | None = None) -> Named:
    return Named(
        id, f"https://a.example/{id}", id, "news", language, translation_of, MOMENT, MOMENT
    )


def told(posts: list[Named], *languages: str) -> list[list[str]]:
    return [[post.id for post in story.posts] for story in stories(posts, *languages)]


KO, EN = a_post("ko", "ko", "en"), a_post("en", "en")
ZH = a_post("zh", "zh-Hans", "en")


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (("ko", "ko"), ["ko", "en", "zh"]),
        (("en-GB", "en"), ["en", "ko", "zh"]),
        (("zh-Hans-CN", "en"), ["zh", "en", "ko"]),
        (("de", "en"), ["en", "ko", "zh"]),  # its issue is in English
        (("de",), ["en", "ko", "zh"]),  # the original
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_story_shows_the_post_in_the_readers_language(
    languages: tuple[str, ...], expected: list[str], turned: bool
) -> None:
    posts = [ZH, EN, KO] if turned else [KO, ZH, EN]
    ((shown, *others),) = told(posts, *languages)
    assert shown == expected[0]
    assert sorted(others) == sorted(expected[1:])


def test_an_exact_tag_is_better_than_a_related_one() -> None:
    posts = [a_post("us", "en-US", "x"), a_post("gb", "en-gb", "x")]
    assert told(posts, "en-GB") == [["gb", "us"]]
    assert told(posts, "en-US") == [["us", "gb"]]
    assert told(posts, "en") == [["us", "gb"]]


def test_where_only_another_language_exists_it_is_shown() -> None:
    assert told([EN], "ko") == [["en"]]


@pytest.mark.parametrize(
    "posts",
    [
        [KO, ZH],  # both name a third that is not here
        [replace(EN, translation_of="ko"), KO],  # each names the other
        [replace(EN, translation_of="en"), KO],  # one names itself
        [ZH, replace(KO, translation_of="zh")],  # one names another that names a third
    ],
)
def test_who_belongs_together(posts: list[Named]) -> None:
    assert [len(story) for story in told(posts, "ko")] == [2]


def test_stories_keep_the_order_of_their_first_posts() -> None:
    posts = [a_post("a", "en"), KO, a_post("b", "en"), EN, a_post("c", "ko", "a")]
    assert told(posts, "en") == [["a", "c"], ["en", "ko"], ["b"]]


def test_many_posts_that_name_each_other_in_a_row_are_one_story() -> None:
    posts = [a_post("0", "en"), *(a_post(f"{n}", "en", f"{n - 1}") for n in range(1, 2000))]
    ((first, *others),) = told(posts[::-1], "en")
    assert (first, len(others)) == ("0", 1999)
