"""Wrapping and shortening by display width."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feeds.digest.wrap import shorten, width, wrap

COLUMNS = 72
WAVE = "e\u0301"

texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"]),
        st.sampled_from(" \n가나다漢字abc\u0301\ufe0f\u200d👩☀"),
    ),
    max_size=400,
)
indents = st.sampled_from(["", "  ", "* ", "  - 첨부: "])


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("가나다", 6),
        ("ｆｕｌｌ", 8),
        ("ﾊﾝｶｸ", 4),
        ("漢字 kana かな", 14),
        (WAVE, 1),
        ("\u0301", 0),
        ("☀", 1),
        ("☀\ufe0f", 2),
        ("👍", 2),
        ("…·", 2),
    ],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


@settings(deadline=None)
@given(texts, indents, indents)
def test_no_line_is_wider_than_the_columns(text: str, first: str, rest: str) -> None:
    for line in wrap(text, COLUMNS, first=first, rest=rest):
        assert width(line) <= COLUMNS
        assert "\n" not in line


@settings(deadline=None)
@given(texts)
def test_wrapping_loses_and_adds_nothing_but_space(text: str) -> None:
    lines = wrap(text, COLUMNS)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line == line.strip() and line for line in lines)


@settings(deadline=None)
@given(st.lists(st.text("abc가나", min_size=1, max_size=20), max_size=60))
def test_lines_are_filled_and_broken_only_at_spaces(words: list[str]) -> None:
    lines = wrap(" ".join(words), COLUMNS)
    assert " ".join(lines).split() == words
    for line, following in pairwise(lines):
        assert width(f"{line} {following.split()[0]}") > COLUMNS


def test_the_first_line_and_the_others_have_their_own_beginning() -> None:
    assert wrap("aaa bbb ccc", 9, first="* ", rest="  ") == ["* aaa bbb", "  ccc"]
    assert wrap("가나 다라 마바", 9, first="* ", rest="  ") == ["* 가나", "  다라", "  마바"]


def test_text_without_words_makes_no_line() -> None:
    assert wrap(" \n ", 20, first="* ") == []


def test_a_word_too_long_is_broken_between_characters() -> None:
    assert wrap("가나다라마", 5) == ["가나", "다라", "마"]
    assert wrap(f"x {WAVE * 6}", 5) == ["x", WAVE * 5, WAVE]


def test_a_url_is_never_broken() -> None:
    url = "https://news.example/" + "a" * 80
    assert wrap(f"see {url} now", 40) == ["see", url, "now"]
    assert wrap(f"({url}).", 40) == [f"({url})."]


@settings(deadline=None)
@given(texts, st.integers(2, 90))
def test_shortened_text_is_a_beginning_on_one_line(text: str, columns: int) -> None:
    line, short = " ".join(text.split()), shorten(text, columns)
    assert width(short) <= columns
    assert short == line or (short.endswith("…") and line.startswith(short.removesuffix("…")))


@settings(deadline=None)
@given(st.text("ab 가나", max_size=60))
def test_text_that_fits_is_kept(text: str) -> None:
    line = " ".join(text.split())
    assert shorten(text, max(width(line), 1)) == line


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("one two three", 10, "one two…"),
        ("one, two, three", 10, "one, two…"),
        ("가나다 라마바 사아자", 16, "가나다 라마바…"),
        ("漢字漢字漢字漢字", 9, "漢字漢字…"),
        ("a bcdefghijklmnopqrst", 10, "a bcdefgh…"),
        ("see https://news.example/a/b now", 20, "see…"),
        ("https://news.example/a/b/c/d", 20, "…"),
    ],
)
def test_shortening_cuts_at_words_and_never_inside_a_url(
    text: str, columns: int, short: str
) -> None:
    assert shorten(text, columns) == short


def test_marks_without_width_do_not_make_a_text_endless() -> None:
    assert unicodedata.category("\u0301") == "Mn"
    assert len(shorten("a" + "\u0301" * 10_000, 20)) <= 81
