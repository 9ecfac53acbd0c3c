"""The rows of a batch, before anything is stored."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.batch import ROWS_AT_ONCE, Report, chunked, items, lines
from services.ingest.publish import Held
from services.ingest.submit import Accepted
from shared.errors import FieldError, InvalidPost, Malformed, StaleRevision, TooLarge
from shared.web.body import LIMIT as ROW_LIMIT


async def coming(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def read(*chunks: bytes) -> list[bytes | TooLarge]:
    async def collect() -> list[bytes | TooLarge]:
        return [line async for line in lines(coming(*chunks))]

    return asyncio.run(collect())


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_lines_do_not_depend_on_how_a_body_is_cut(body: bytes, cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(ends)]
    assert read(*pieces) == body.split(b"\n")


def test_a_line_beyond_the_limit_is_refused_alone_before_it_is_held() -> None:
    whole = b"x" * ROW_LIMIT
    assert read(whole) == [whole]
    refused = f"the row has more than {ROW_LIMIT} bytes"
    for cut in ((b"a\n", whole, b"x", whole, b"x\nb"), (b"a\n" + whole + b"x\nb",)):
        before, beyond, after = read(*cut)
        assert (before, after) == (b"a", b"b")
        assert isinstance(beyond, TooLarge)
        assert beyond.detail == refused
    *_, last = read(b"a\n", whole, b"x", b"y")
    assert isinstance(last, TooLarge)


@pytest.mark.parametrize(
    ("document", "rows", "defaults"),
    [
        ([], [], {}),
        ([1, {"id": "a"}], [1, {"id": "a"}], {}),
        ({"items": [{"id": "a"}]}, [{"id": "a"}], {}),
        (
            {"version": "x", "title": "F", "language": "ko", "authors": [{"name": "K"}],
             "items": []},
            [], {"language": "ko", "authors": [{"name": "K"}]},
        ),
    ],
)  # fmt: skip
def test_an_array_or_a_feed_has_rows_and_defaults(
    document: Any, rows: list[Any], defaults: dict[str, Any]
) -> None:
    assert items(document) == (rows, defaults)


@pytest.mark.parametrize("document", [None, 5, "x", {}, {"items": {}}, {"id": "a"}])
def test_anything_else_is_malformed(document: Any) -> None:
    with pytest.raises(Malformed, match="send a JSON array of posts, or a JSON Feed document"):
        items(document)


def test_rows_are_stored_piece_by_piece() -> None:
    assert [len(piece) for piece in chunked(range(2 * ROWS_AT_ONCE + 1))] == [
        ROWS_AT_ONCE, ROWS_AT_ONCE, 1,
    ]  # fmt: skip


def test_a_report_counts_and_numbers_its_rows() -> None:
    report = Report()
    report.add("a", Accepted(201, True, Held("a")))
    report.add("a", Accepted(200, False, Held("a")))
    report.add("b", InvalidPost("check: url", [FieldError("url", "is bad", "x")]))
    report.add(None, StaleRevision("is older"))
    assert report.shown() == {
        "stored": 1,
        "unchanged": 1,
        "refused": 2,
        "results": [
            {"row": 1, "id": "a", "status": 201, "errors": []},
            {"row": 2, "id": "a", "status": 200, "errors": []},
            {"row": 3, "id": "b", "status": 422,
             "errors": [{"field": "url", "message": "is bad"}]},
            {"row": 4, "id": None, "status": 409,
             "errors": [{"field": "", "message": "is older"}]},
        ],
    }  # fmt: skip
