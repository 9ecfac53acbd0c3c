"""Codings: which one a client takes, and what it gets."""

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.serving.codings import Coding, choose, pack


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("br ; q = 0.5 , gzip;q=0.4", "br"),
        ("*", "br"),
        ("*;q=0.1", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("*;q=0", "identity"),
        ("identity", "identity"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("deflate, zstd", "identity"),
        ("gzip;q=nonsense", "identity"),
        (", ,", "identity"),
    ],
)
def test_the_best_that_both_know_is_chosen(accepted: str | None, chosen: str) -> None:
    assert choose(accepted) == chosen


@given(st.binary(max_size=2000))
def test_what_is_packed_is_unpacked_to_the_same(body: bytes) -> None:
    assert pack(body, Coding.IDENTITY) == body
    assert gzip.decompress(pack(body, Coding.GZIP)) == body
    assert brotli.decompress(pack(body, Coding.BROTLI)) == body
    assert pack(body, Coding.GZIP) == pack(body, Coding.GZIP)


@given(st.text(max_size=60))
def test_nonsense_is_never_an_error(accepted: str) -> None:
    assert choose(accepted) in Coding
