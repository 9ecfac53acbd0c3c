"""The rows of a batch, before anything is stored."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.batch import (
    BYTES_AT_ONCE,
    IN_MEMORY,
    MOST_ROWS,
    ROWS_AT_ONCE,
    Lines,
    Pieces,
    Report,
    Row,
)
from services.ingest.publish import Held
from services.ingest.submit import Accepted
from shared.errors import FieldError, InvalidPost, StaleRevision, TooLarge
from shared.web.body import LIMIT as ROW_LIMIT


def read(*chunks: bytes) -> list[Row]:
    lines = Lines()
    return [*(line for chunk in chunks for line in lines.complete(chunk)), *lines.last()]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_lines_do_not_depend_on_how_a_body_is_cut(body: bytes, cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(ends)]
    assert read(*pieces) == [line for line in body.split(b"\n") if line.strip()]


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


def gathered(rows: Iterator[bytes]) -> list[int]:
    pieces = Pieces()
    return [*map(len, pieces.full(rows)), *map(len, pieces.rest())]


def test_rows_are_stored_piece_by_piece() -> None:
    assert gathered(iter([b"{}"] * (2 * ROWS_AT_ONCE + 1))) == [ROWS_AT_ONCE, ROWS_AT_ONCE, 1]
    assert gathered(iter([b"{}"] * ROWS_AT_ONCE)) == [ROWS_AT_ONCE]
    assert gathered(iter([])) == []


def test_a_piece_of_large_rows_holds_few_of_them() -> None:
    assert gathered(iter([b"x" * (BYTES_AT_ONCE // 2)] * 5)) == [2, 2, 1]


def test_a_batch_has_a_most_of_rows() -> None:
    assert sum(gathered(iter([b"1"] * MOST_ROWS))) == MOST_ROWS
    with pytest.raises(TooLarge, match=f"the batch has more than {MOST_ROWS} rows"):
        gathered(iter([b"1"] * (MOST_ROWS + 1)))


def told(report: Report) -> object:
    return json.loads(b"".join(report.chunks()))


def test_an_empty_report_is_one_too() -> None:
    assert told(Report()) == {"stored": 0, "unchanged": 0, "refused": 0, "results": []}


def test_a_long_report_is_kept_outside_memory() -> None:
    report = Report()
    id = "x" * 1000
    for _ in range(IN_MEMORY // 1000 + 1):
        report.add(id, Accepted(201, True, Held(id)))
    # Nothing public of the standard library's tells where it keeps them.
    assert report._results._rolled  # type: ignore[attr-defined]
    document = told(report)
    assert isinstance(document, dict)
    assert len(document["results"]) == IN_MEMORY // 1000 + 1


def test_a_report_counts_and_numbers_its_rows() -> None:
    report = Report()
    report.add("a", Accepted(201, True, Held("a")))
    report.add("a", Accepted(200, False, Held("a")))
    report.add("b", InvalidPost("check: url", [FieldError("url", "is bad", "x")]))
    report.add(None, StaleRevision("is older"))
    assert told(report) == {
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
