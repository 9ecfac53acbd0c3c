"""Which posts are of interest, and who may see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.interest import Facets, Interest, language_ranges, matches, may_see

POST = Facets("news", "zh-Hant-TW", ("bus", "night"))

SECTIONS = st.sampled_from(["news", "archives", "sport"])
LANGUAGES = st.sampled_from(["ko", "ko-KR", "en", "en-US", "zh", "zh-Hant", "zh-Hant-TW"])
TAGS = st.sampled_from(["a", "b", "c"])
FACETS = st.builds(
    Facets,
    section=SECTIONS,
    language=LANGUAGES,
    tags=st.lists(TAGS, max_size=3).map(tuple),
    audience=st.none() | st.lists(st.sampled_from(["p", "q"]), max_size=2).map(tuple),
)
INTERESTS = st.builds(
    Interest,
    sections=st.lists(SECTIONS, max_size=2).map(tuple),
    languages=st.lists(LANGUAGES, max_size=2).map(tuple),
    tags=st.lists(TAGS, max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("interest", "expected"),
    [
        (Interest(), True),
        (Interest(sections=("news",)), True),
        (Interest(sections=("archives", "news")), True),
        (Interest(sections=("archives",)), False),
        (Interest(languages=("zh",)), True),
        (Interest(languages=("zh-Hant",)), True),
        (Interest(languages=("zh-Hant-TW",)), True),
        (Interest(languages=("zh-TW",)), False),
        (Interest(languages=("z",)), False),
        (Interest(languages=("en", "zh")), True),
        (Interest(tags=("night",)), True),
        (Interest(tags=("nigh",)), False),
        (Interest(sections=("news",), languages=("en",)), False),
        (Interest(sections=("news",), languages=("zh",), tags=("x",)), False),
        (Interest(sections=("news",), languages=("zh",), tags=("x", "bus")), True),
    ],
)
def test_any_of_a_list_and_all_of_the_lists(interest: Interest, expected: bool) -> None:
    assert matches(interest, POST) is expected


def test_a_post_without_tags_is_of_no_interest_to_who_asks_for_tags() -> None:
    assert matches(Interest(), Facets("news", "en"))
    assert not matches(Interest(tags=("bus",)), Facets("news", "en"))


def test_a_narrower_language_than_the_posts_is_no_match() -> None:
    assert not matches(Interest(languages=("en-US",)), Facets("news", "en"))


@pytest.mark.parametrize(
    ("audience", "partner", "expected"),
    [(None, "p", True), (("p", "q"), "p", True), (("q",), "p", False), ((), "p", False)],
)
def test_a_restricted_post_is_for_its_audience(
    audience: tuple[str, ...] | None, partner: str, expected: bool
) -> None:
    assert may_see(partner, Facets("news", "en", (), audience)) is expected


@given(FACETS)
def test_the_empty_interest_takes_everything(facets: Facets) -> None:
    assert matches(Interest(), facets)


@given(INTERESTS, FACETS)
def test_an_interest_is_the_conjunction_of_its_lists(interest: Interest, facets: Facets) -> None:
    alone = [
        Interest(sections=interest.sections),
        Interest(languages=interest.languages),
        Interest(tags=interest.tags),
    ]
    assert matches(interest, facets) == all(matches(one, facets) for one in alone)


@given(INTERESTS, FACETS)
def test_one_more_wish_in_a_list_that_is_not_empty_never_loses_a_post(
    interest: Interest, facets: Facets
) -> None:
    if interest.sections and matches(interest, facets):
        wider = Interest((*interest.sections, "more"), interest.languages, interest.tags)
        assert matches(wider, facets)


@given(LANGUAGES)
def test_a_language_is_in_each_of_its_ranges(language: str) -> None:
    ranges = language_ranges(language)
    assert ranges[-1] == language
    assert all(language == each or language.startswith(f"{each}-") for each in ranges)
    assert len(ranges) == language.count("-") + 1
