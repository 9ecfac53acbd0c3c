"""JSON is read strictly and written as it was."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import jsontext
from shared.errors import FieldError, Invalid, Malformed

SAFE_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | SAFE_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAFE_TEXT, inner, max_size=4),
    max_leaves=20,
)


def faults(text: bytes | str) -> tuple[FieldError, ...]:
    with pytest.raises(Invalid) as caught:
        jsontext.loads(text)
    assert caught.value.status == 422
    return caught.value.errors


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "the body is not JSON: Expecting value at line 1 column 1"),
        (b"{", ("the body is not JSON: Expecting property name enclosed in double quotes "
               "at line 1 column 2")),
        (b"{'a': 1}", ("the body is not JSON: Expecting property name enclosed in double quotes "
                      "at line 1 column 2")),
        (b"1 2", "the body is not JSON: Extra data at line 1 column 3"),
        (b'{"a":\n"b', "the body is not JSON: Unterminated string starting at at line 2 column 1"),
        (b'{"a": "\x01"}', "the body is not JSON: Invalid control character at at line 1 column 8"),
        (b"\xef\xbb\xbf{}", ("the body is not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig) "
                            "at line 1 column 1")),
        (b"\xff", "the body is not UTF-8: byte 0 cannot be read"),
        (b'{"a": "\xc3"}', "the body is not UTF-8: byte 7 cannot be read"),
        (b"[" * 100_000, "the body nests too deeply"),
    ],
)  # fmt: skip
def test_what_is_not_json_is_malformed(text: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        jsontext.loads(text)
    assert caught.value.detail == reason


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ('{"a":1,"a":2}', "a", "the name stands twice in its object"),
        ('{"a":[{"b":{"c":1,"c":1}}]}', "a.0.b.c", "the name stands twice in its object"),
        ('{"a":1,"\\u0061":2}', "a", "the name stands twice in its object"),
        ('"\\u0000"', "", "holds a NUL character: remove \\u0000"),
        ('{"a":["ok","x\\u0000"]}', "a.1", "holds a NUL character: remove \\u0000"),
        ('{"a":{"b\\u0000":1}}', "a", "holds a NUL character: remove \\u0000"),
        ('{"a":"\\ud800"}', "a", "holds half of a surrogate pair: send the whole character"),
        ('{"a":"\\udc00\\ud800"}', "a",
         "holds half of a surrogate pair: send the whole character"),
        ('{"\\udfff":1}', "", "holds half of a surrogate pair: send the whole character"),
        ('{"a":{"b":1e999}}', "a.b", "is a number beyond the range of a double"),
        ('[0,-1e400]', "1", "is a number beyond the range of a double"),
        ('{"a":NaN}', "a", "NaN is not a JSON number"),
        ('[Infinity]', "0", "Infinity is not a JSON number"),
        ('-Infinity', "", "-Infinity is not a JSON number"),
        (f'{{"a":{"1" * 4001}}}', "a", "a number with more than 4000 digits cannot be stored"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_named(text: str, field: str, message: str) -> None:
    (fault,) = faults(text)
    assert (fault.field, fault.message) == (field, message)


def test_values_nest_64_levels_below_the_document_and_no_deeper() -> None:
    deepest = "[" * 65 + "]" * 65
    assert jsontext.loads(deepest) == json.loads(deepest)
    assert faults(f"[{deepest}]") == (
        FieldError(".".join(["0"] * 65), "nests deeper than 64 levels"),
    )


def test_every_fault_is_named() -> None:
    text = '{"a":"\\u0000","b":{"c":1,"c":2},"d":"\\ud800"}'
    assert [fault.field for fault in faults(text)] == ["a", "b.c", "d"]


def test_no_more_faults_are_named_than_can_be_read() -> None:
    assert len(faults(json.dumps(["\0"] * 5000))) == jsontext.MAX_FAULTS


def test_a_duplicate_among_very_many_names_costs_no_more_than_reading_them() -> None:
    names = ",".join(f'"{number}":0' for number in range(200_000))
    began = time.process_time()
    (fault,) = faults(f'{{{names},"199999":0}}')
    assert fault.field == "199999"
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":{"b":1},"c":{"b":1}}', {"a": {"b": 1}, "c": {"b": 1}}),
        ('"\\ud83d\\udc0e"', "🐎"),
        ("1" * 4000, int("1" * 4000)),
        ("1.0", 1.0),
    ],
)
def test_what_can_be_stored_is_read(text: str, value: Any) -> None:
    assert jsontext.loads(text) == value


@given(VALUES)
def test_what_is_written_reads_back(value: Any) -> None:
    text = jsontext.dumps(value)
    assert jsontext.loads(text) == value
    assert jsontext.loads(text.encode()) == value
    assert jsontext.dumps(jsontext.loads(text)) == text


@given(st.binary() | st.text(st.characters(codec=None)))
def test_nothing_but_a_refusal_is_raised(text: bytes | str) -> None:
    with suppress(Malformed, Invalid):
        jsontext.dumps(jsontext.loads(text))


def test_written_json_is_compact_and_keeps_characters_and_order() -> None:
    assert jsontext.dumps({"b": "파발", "a": [1, None]}) == '{"b":"파발","a":[1,null]}'


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        jsontext.dumps({"a": float("nan")})
