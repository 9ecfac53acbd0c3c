"""Documents of rows, read from a file without holding more than a row."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.documents import CHUNK, rows, shape
from shared.errors import Malformed, TooLarge
from shared.web.body import LIMIT

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Counted(io.BytesIO):
    """A file that knows how much was asked of it at once."""

    most = 0

    def read(self, size: int | None = -1) -> bytes:
        self.most = max(self.most, size or 0)
        return super().read(size)


def read(text: str | bytes) -> tuple[list[Any], dict[str, Any]]:
    file = io.BytesIO(text.encode() if isinstance(text, str) else text)
    found = shape(file)
    return [json.loads(row) for row in rows(file, found)], found.defaults


@given(st.lists(VALUES), st.booleans(), st.sampled_from([None, 1]))
def test_an_array_is_its_values(values: list[Any], ascii: bool, indent: int | None) -> None:
    assert read(json.dumps(values, ensure_ascii=ascii, indent=indent)) == (values, {})


@given(st.dictionaries(st.text(), VALUES), st.lists(VALUES))
def test_a_feed_is_its_items(feed: dict[str, Any], values: list[Any]) -> None:
    named = {name: feed[name] for name in ("language", "authors") if name in feed}
    assert read(json.dumps({**feed, "items": values})) == (values, named)


def test_what_the_feed_says_may_stand_before_and_behind_its_items() -> None:
    text = '{"version": "x", "language": "ko", "items": [1, {"language": "en"}], "authors": []}'
    assert read(text) == ([1, {"language": "en"}], {"language": "ko", "authors": []})


def test_a_value_may_be_cut_anywhere_by_the_end_of_a_chunk() -> None:
    value = {'a\\"]}': [1.5, "\\\\", None]}
    length = len(json.dumps(value))
    for before in range(CHUNK - length - 4, CHUNK):
        assert read(" " * before + json.dumps([value, value]))[0] == [value, value]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "[", "]", "[1,]", "[,1]", "[1 2]", "[1]]", "[1],", "[}", "[1, 2",
        '["a', '["a\\"',
        '[{"a":}]', "[01]", "[tru]", "[[1]", "[{]}]", '{"a": 1,}', "{items: []}",
        '{"items": [1] "a": 2}',
        '{"items": [1]', '{"items"}', "nonsense", "[" * 10_000 + "]" * 10_000,
    ],
)  # fmt: skip
def test_what_is_not_json_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


def test_bytes_that_are_not_utf8_are_malformed() -> None:
    with pytest.raises(Malformed, match="not UTF-8"):
        read(b'["\xff"]')


@pytest.mark.parametrize("text", ["{}", '"x"', "5", "null", '{"items": {}}', '{"id": "a"}'])
def test_what_holds_no_rows_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="send a JSON array of posts, or a JSON Feed document"):
        read(text)


def test_a_fault_says_where_it_is() -> None:
    with pytest.raises(Malformed, match=r"line 1 column 6, in the value at byte 5$"):
        read('[{}, {"a":}]')


@pytest.mark.parametrize("closed", [True, False])
def test_a_value_has_a_most_of_bytes(closed: bool) -> None:
    longest = '"' + "x" * (LIMIT - 2) + '"'
    assert read(f"[{longest}]")[0] == ["x" * (LIMIT - 2)]
    with pytest.raises(TooLarge, match=f"the row has more than {LIMIT} bytes"):
        read(f'["x{longest[1:]}]' if closed else '["' + "x" * 2 * LIMIT)


def test_a_document_is_never_held_whole() -> None:
    file = Counted(json.dumps([{"text": "x" * 1000}] * 5000).encode())
    found = shape(file)
    assert sum(1 for _ in rows(file, found)) == 5000
    assert file.most == CHUNK
