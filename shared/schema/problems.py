"""What pydantic found wrong, as the fields of a problem document."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared import jsontext
from shared.errors import FieldError, Invalid
from shared.text import masked

Model = TypeVar("Model", bound=BaseModel)

_SHOWN = 100
_MOST = 100
_READ = 10 * _SHOWN
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*:)?[/\\]+|")
_SECRET_NAME = re.compile(
    r"headers|passw(or)?d|secret|token|credential|authorization|cookie|(api|private|access)_?-?key",
    re.IGNORECASE,
)


def read(
    model: type[Model],
    value: Any,
    problem: type[Invalid],
    context: Mapping[str, Any] | None = None,
) -> Model:
    """Validate ``value``; raise ``problem`` naming every bad field where it does not hold."""
    try:
        return model.model_validate(value, context=dict(context or {}))
    except ValidationError as error:
        fields = field_errors(error, extensible="extensions" in model.model_fields)
        names = ", ".join(sorted({field.field or "the document" for field in fields}))
        raise problem(f"check: {names}", fields) from None


def field_errors(error: ValidationError, *, extensible: bool = False) -> list[FieldError]:
    """Return each fault with its dotted path, its rule and its value, shortened and masked.

    ``extensible`` documents take names that begin with ``_``.
    """
    return [
        FieldError(_path(fault["loc"]), _message(fault, extensible), _value(fault))
        for fault in error.errors(include_url=False)[:_MOST]
    ]


def _path(location: Sequence[str | int]) -> str:
    """Return where a fault is in what was sent; pydantic's own steps are left out."""
    if location[-1:] == ("[key]",):
        # Of a post, a name in the object that gathers its extensions is one of its own.
        location = location[1 if location[0] == "_" else 0 : -1]
    return ".".join(map(str, location))


def _message(fault: Mapping[str, Any], extensible: bool) -> str:
    kind = fault["type"]
    if kind == "extra_forbidden":
        cure = "; begin the name with _ to pass an extension through"
        at_top = extensible and len(fault["loc"]) == 1
        return f"is not a field of this document{cure if at_top else ''}"
    if kind in ("tuple_type", "list_type"):
        return "must be a list"
    if kind in ("model_type", "dict_type"):
        return "must be a JSON object"
    if kind in ("too_short", "string_too_short"):
        return f"must have at least {_counted(fault, 'min_length')}"
    if kind in ("too_long", "string_too_long"):
        return f"must have at most {_counted(fault, 'max_length')}"
    return str(fault["msg"]).removeprefix("Value error, ")


def _counted(fault: Mapping[str, Any], limit: str) -> str:
    # A limit on a text that was cleaned first is reported as if it were one on a list.
    noun = "character" if isinstance(fault["input"], str) else "item"
    count = fault["ctx"][limit]
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _value(fault: Mapping[str, Any]) -> str | None:
    location = fault["loc"]
    secret = any(_SECRET_NAME.search(str(part)) for part in location)
    if secret or not location or fault["type"] == "missing":
        return None
    given = fault["input"]
    text = _without_user_data(given if isinstance(given, str) else jsontext.dumps(given))
    text = masked(text[:_READ])
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _without_user_data(text: str) -> str:
    # Whatever the shape of a bad URL, all that stands before the last "@" may be a password.
    before, at, after = text.rpartition("@")
    scheme = _SCHEME.match(before)
    return f"{scheme[0]}***@{after}" if at and scheme else text
