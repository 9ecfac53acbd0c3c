"""JSON as the hub takes and writes it (RFC 8259, and I-JSON's ban on duplicate names, RFC 7493)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import Any

from shared.errors import FieldError, Invalid, Malformed

MAX_DEPTH = 64
MAX_FAULTS = 100
"""Faults that are named; a document with more of them is named no better by all."""

MAX_DIGITS = 4000
"""Digits of one integer; Python itself refuses a few more."""


_SURROGATES = re.compile("[\ud800-\udfff]")


class _Duplicates(dict[str, Any]):
    """An object that remembers the first name it met twice."""

    duplicate: str | None = None


@dataclass(frozen=True, slots=True)
class _Refused:
    """What stands for a value that cannot be stored, until its place is known."""

    rule: str
    value: str | None = None


def loads(text: bytes | str) -> Any:
    """Read JSON strictly.

    Raises ``Malformed`` (400) where the text is not UTF-8 or not JSON, and ``Invalid`` (422),
    naming the field, for a duplicate name, NaN or Infinity, a number beyond the range of a double,
    a NUL or a lone surrogate.
    """
    try:
        value = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8: byte {error.start} cannot be read") from None
    except json.JSONDecodeError as error:
        raise Malformed(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise Malformed("the body nests too deeply") from None
    errors = tuple(islice(_faults(value, "", 0), MAX_FAULTS))
    if errors:
        raise Invalid("the JSON has values that cannot be stored or passed on", errors)
    return value


def dumps(value: Any) -> str:
    """Write compact JSON with characters as themselves; equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = _Duplicates(pairs)
    if len(found) != len(pairs):
        found.duplicate = _first_repeated([name for name, _ in pairs])
    return found


def _first_repeated(names: list[str]) -> str:
    met: set[str] = set()
    for name in names:
        if name in met:
            return name
        met.add(name)
    raise ValueError("no name stands twice")


def _integer(digits: str) -> int | _Refused:
    if len(digits) > MAX_DIGITS:
        return _Refused(f"a number with more than {MAX_DIGITS} digits cannot be stored")
    return int(digits)


def _constant(name: str) -> _Refused:
    return _Refused(f"{name} is not a JSON number", name)


def _faults(value: Any, path: str, depth: int) -> Iterator[FieldError]:
    if depth > MAX_DEPTH:
        yield FieldError(path, f"nests deeper than {MAX_DEPTH} levels")
    elif isinstance(value, _Refused):
        yield FieldError(path, value.rule, value.value)
    elif isinstance(value, str):
        yield from _text_faults(value, path)
    elif isinstance(value, float):
        if not isfinite(value):
            yield FieldError(path, "is a number beyond the range of a double")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _faults(child, _join(path, str(index)), depth + 1)
    elif isinstance(value, dict):
        yield from _object_faults(value, path, depth)


def _object_faults(value: dict[str, Any], path: str, depth: int) -> Iterator[FieldError]:
    for name, child in value.items():
        yield from _text_faults(name, path)
        yield from _faults(child, _join(path, name), depth + 1)
    duplicate = getattr(value, "duplicate", None)
    if duplicate is not None:
        yield FieldError(_join(path, duplicate), "the name stands twice in its object")


def _text_faults(text: str, path: str) -> Iterator[FieldError]:
    if "\0" in text:
        yield FieldError(path, "holds a NUL character: remove \\u0000")
    elif _SURROGATES.search(text):
        yield FieldError(path, "holds half of a surrogate pair: send the whole character")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
