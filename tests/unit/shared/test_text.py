"""Text that every format can carry."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text import clean, one_line

ANY_TEXT = st.text(st.characters(codec=None))
FORBIDDEN = [
    *map(chr, [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]),
    *map(chr, [0xD800, 0xDFFF, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF]),
]
OVERRIDES = [chr(code) for code in [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]]


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda c: f"U+{ord(c):04X}")
def test_control_and_non_characters_vanish(character: str) -> None:
    assert clean(f"a{character}b") == "ab"


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("tab\tstays", "tab\tstays"),
        ("e\u0301", "\u00e9"),
        ("\u1112\u1161\u11ab", "한"),
        ("파발 – “quoted” 🐎", "파발 – “quoted” 🐎"),
        ("  outer  ", "  outer  "),
        ("e\x01\u0301", "\u00e9"),
    ],
)
def test_text_is_unified(given_text: str, cleaned: str) -> None:
    assert clean(given_text) == cleaned


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("a\r\nb\tc\n\n\nd", "a b c d"),
        ("  padded \n", "padded"),
        ("\x01\x02", ""),
        ("right \u202eleft", "right left"),
        ("e\u202a\u0301", "\u00e9"),
        ("\u2066\n\u2069", ""),
        ("a\u2028b\u2029\nc", "a b c"),
    ],
)
def test_a_line_has_no_breaks_and_no_overrides(given_text: str, line: str) -> None:
    assert one_line(given_text) == line


@given(ANY_TEXT)
def test_clean_text_is_normal_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & {*FORBIDDEN, "\r"}
    assert clean(cleaned) == cleaned


@given(ANY_TEXT)
def test_a_line_is_normal_and_stays_as_it_is(text: str) -> None:
    line = one_line(text)
    assert unicodedata.is_normalized("NFC", line)
    assert not set(line) & {*FORBIDDEN, *OVERRIDES, "\r", "\n", "\t", "\u2028", "\u2029"}
    assert line == line.strip()
    assert one_line(line) == line
