"""Definitions: paths that are read as they were written, and the feeds that a post touches."""

from time import process_time
from unicodedata import normalize
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.definition import Definition, page_number, parse, touched
from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Urls
from shared.interest import Facets, Interest, matches
from shared.text import one_line

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(lambda slug: slug != "tag")
LANGUAGES = st.sampled_from(["ko", "en", "en-US", "zh-Hant", "zh-Hant-TW", "sl-rozaj"])
TAGS = (
    st.text(min_size=1, max_size=30) | st.sampled_from(["서울/교통", "a.json", "..", "50%", "%2F"])
).filter(lambda tag: tag and one_line(tag) == tag)
DEFINITIONS = (
    st.builds(Definition, SLUGS)
    | st.builds(Definition, SLUGS, LANGUAGES)
    | st.builds(Definition, tag=TAGS)
)


@given(DEFINITIONS, st.sampled_from(Format))
def test_a_path_is_read_as_it_was_written(definition: Definition, form: Format) -> None:
    path = definition.path(form)
    assert path.isascii()
    below = path.removeprefix("/feeds/")
    assert parse(unquote(below)) == (definition, form)


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        (Definition(), "/feeds/all.atom"),
        (Definition("news"), "/feeds/news.atom"),
        (Definition("news", "zh-Hant"), "/feeds/zh-Hant/news.atom"),
        (Definition(tag="한강/공원"), "/feeds/tag/%ED%95%9C%EA%B0%95%2F%EA%B3%B5%EC%9B%90.atom"),
        (Definition(tag="v1.2"), "/feeds/tag/v1.2.atom"),
        (Definition(tag="50% & more?"), "/feeds/tag/50%25%20%26%20more%3F.atom"),
    ],
)
def test_paths(definition: Definition, path: str) -> None:
    assert definition.path(Format.ATOM) == path


@pytest.mark.parametrize("text", ["1", "9", "50", "999999999"])
def test_a_page_has_one_address(text: str) -> None:
    number = page_number(text)
    assert number is not None
    path = Definition("news", "ko").path(Format.JSON, number)
    assert path == f"/feeds/archive/{text}/ko/news.json"
    assert Definition("news", "ko").urls("https://hub.example", number).json.endswith(path)


@pytest.mark.parametrize(
    "text",
    ["", "0", "01", "-1", "+1", "1.0", " 1", "1\n", "x", "¹", "\u0661", "1" * 10, "9" * 5000],
)
def test_what_is_no_page_number(text: str) -> None:
    assert page_number(text) is None


@pytest.mark.parametrize(
    "path",
    ["", ".atom", "news", "news.xml", "news.ATOM", "news.", "tag/.atom", "ko/.atom",
     "ko/news/more.atom", "not a language/news.atom", "a/b.atom", "/news.atom"],
)  # fmt: skip
def test_what_names_no_feed(path: str) -> None:
    assert parse(path) is None


def test_a_language_is_read_in_any_case() -> None:
    assert parse("KO/news.rss") == (Definition("news", "ko"), Format.RSS)
    assert parse("zh-hant-tw/all.json") == (Definition("all", "zh-Hant-TW"), Format.JSON)


def test_a_decomposed_tag_is_the_composed_one() -> None:
    assert parse("tag/\u1112\u1161\u11ab\u1100\u1161\u11bc.json") == (
        Definition(tag="한강"),
        Format.JSON,
    )


def test_urls_hang_below_the_base() -> None:
    assert Definition("news", "ko").urls("https://hub.example") == Urls(
        "https://hub.example/feeds/ko/news.rss",
        "https://hub.example/feeds/ko/news.atom",
        "https://hub.example/feeds/ko/news.json",
    )


def test_a_post_touches_its_section_languages_and_tags() -> None:
    assert touched([Facets("news", "en-US", ("a", "b/c"))]) == {
        Definition(),
        Definition("all", "en"),
        Definition("all", "en-US"),
        Definition("news"),
        Definition("news", "en"),
        Definition("news", "en-US"),
        Definition(tag="a"),
        Definition(tag="b/c"),
    }


def test_both_states_of_a_revision_are_touched() -> None:
    was, now = Facets("news", "ko"), Facets("archives", "ko")
    assert touched([was, now]) == touched([was]) | touched([now])


def test_a_restricted_post_touches_no_public_feed() -> None:
    assert touched([Facets("news", "ko", ("a",), audience=("harbour",))]) == set()


@given(SLUGS.filter(lambda slug: slug != "all"), LANGUAGES, st.lists(TAGS, max_size=3))
def test_what_is_touched_holds_the_post(section: str, language: str, tags: list[str]) -> None:
    facets = Facets(section, language, tuple(tags))
    for definition in touched([facets]):
        interest = Interest(
            () if definition.section == "all" else (definition.section,),
            () if definition.language is None else (definition.language,),
            () if definition.tag is None else (definition.tag,),
        )
        assert matches(interest, facets)


def test_an_endless_name_is_no_feed_and_found_so_at_once() -> None:
    began = process_time()
    assert parse("tag/" + "\u0317\u0301" * 30_000 + ".atom") is None
    assert process_time() - began < 0.5
    longest = "\u0390" * 100
    assert parse(f"tag/{normalize('NFD', longest)}.atom") == (Definition(tag=longest), Format.ATOM)
