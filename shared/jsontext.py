"""JSON as the hub takes and writes it (RFC 8259, and I-JSON's ban on duplicate names, RFC 7493)."""

import json
from typing import Any, NoReturn

from shared.errors import FieldError, Invalid, Malformed

MAX_DEPTH = 64


class _Duplicates(dict[str, Any]):
    """An object that remembers the first name it met twice."""

    duplicate: str | None = None


def loads(text: bytes | str) -> Any:
    """Read JSON strictly.

    Raises ``Malformed`` (400) where the text is not UTF-8 or not JSON, and ``Invalid`` (422),
    naming the field, for a duplicate name, NaN or Infinity, a NUL or a lone surrogate.
    """
    try:
        value = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8: byte {error.start} cannot be read") from None
    except json.JSONDecodeError as error:
        raise Malformed(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise Malformed("the body nests too deeply") from None
    errors = tuple(_faults(value, "", 0))
    if errors:
        raise Invalid("the JSON has values that cannot be stored or passed on", errors)
    return value


def dumps(value: Any) -> str:
    """Write compact JSON with characters as themselves; equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = _Duplicates(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        found.duplicate = next(name for name in names if names.count(name) > 1)
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Invalid(f"{name} is not JSON", [FieldError("", f"{name} is not a JSON number", name)])


def _faults(value: Any, path: str, depth: int) -> list[FieldError]:
    if depth > MAX_DEPTH:
        return [FieldError(path, f"nests deeper than {MAX_DEPTH} levels")]
    if isinstance(value, str):
        return _text_faults(value, path)
    if isinstance(value, list):
        children = [(str(index), child) for index, child in enumerate(value)]
    elif isinstance(value, dict):
        children = list(value.items())
    else:
        return []
    faults = [f for name, child in children for f in _faults(child, _join(path, name), depth + 1)]
    if isinstance(value, dict):
        faults += [f for name in value for f in _text_faults(name, path)]
    duplicate = getattr(value, "duplicate", None)
    if duplicate is not None:
        faults.append(FieldError(_join(path, duplicate), "the name stands twice in its object"))
    return faults


def _text_faults(text: str, path: str) -> list[FieldError]:
    if "\0" in text:
        return [FieldError(path, "holds a NUL character: remove \\u0000")]
    if any("\ud800" <= character <= "\udfff" for character in text):
        return [FieldError(path, "holds half of a surrogate pair: send the whole character")]
    return []


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
