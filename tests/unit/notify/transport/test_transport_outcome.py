"""Excerpts are text that PostgreSQL holds, whatever a peer sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.transport.outcome import ErrorCode, excerpt_text


@pytest.mark.parametrize(
    ("body", "whole", "text"),
    [
        (b"", True, ""),
        ("정상".encode(), True, "정상"),
        (b"a\xffb", True, "a\ufffdb"),
        (b"a\0b", True, "a\ufffdb"),
        ("정상".encode()[:-1], True, "정\ufffd"),
        ("정상".encode()[:-1], False, "정"),
        (b"\xed\xa0\x80", True, "\ufffd\ufffd\ufffd"),
    ],
)
def test_what_is_not_utf8_is_replaced(body: bytes, whole: bool, text: str) -> None:
    assert excerpt_text(body, whole=whole) == text


@given(st.binary(), st.booleans())
def test_an_excerpt_always_encodes_and_holds_no_nul(body: bytes, whole: bool) -> None:
    text = excerpt_text(body, whole=whole)
    assert "\0" not in text
    assert text.encode().decode() == text


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_comes_through_unchanged(text: str) -> None:
    assert excerpt_text(text.encode(), whole=True) == text


def test_the_codes_are_those_of_the_deliveries_api() -> None:
    assert [code.value for code in ErrorCode] == [
        "http", "dns", "refused", "reset", "tls", "timeout", "protocol", "too-large", "blocked",
    ]  # fmt: skip
