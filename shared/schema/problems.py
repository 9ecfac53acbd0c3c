"""What pydantic found wrong, as the fields of a problem document."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import FieldError, Invalid

Model = TypeVar("Model", bound=BaseModel)

_SHOWN = 100
_MOST = 100
_USER_DATA = re.compile(r"//[^/?#]*@")


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
        fields = field_errors(error)
        names = ", ".join(sorted({field.field or "the document" for field in fields}))
        raise problem(f"check: {names}", fields) from None


def field_errors(error: ValidationError) -> list[FieldError]:
    """Return each fault with its dotted path, its rule and, where it is plain, its value."""
    return [
        FieldError(".".join(str(part) for part in fault["loc"]), _message(fault), _value(fault))
        for fault in error.errors(include_url=False)[:_MOST]
    ]


def _message(fault: Mapping[str, Any]) -> str:
    kind = fault["type"]
    if kind == "extra_forbidden":
        return "is not a field of this document; begin the name with _ to pass an extension through"
    if kind in ("tuple_type", "list_type"):
        return "must be a list"
    if kind in ("model_type", "dict_type"):
        return "must be a JSON object"
    # A limit on a text that was cleaned first is reported as if it were one on a list.
    if kind == "too_short" and isinstance(fault["input"], str):
        return f"must have at least {_characters(fault['ctx']['min_length'])}"
    if kind == "too_long" and isinstance(fault["input"], str):
        return f"must have at most {_characters(fault['ctx']['max_length'])}"
    return str(fault["msg"]).removeprefix("Value error, ").replace("Tuple ", "List ", 1)


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _value(fault: Mapping[str, Any]) -> str | None:
    given = fault.get("input")
    secret = "headers" in fault["loc"]
    if secret or fault["type"] == "missing" or not isinstance(given, str | int | float | bool):
        return None
    text = _USER_DATA.sub("//***@", str(given))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
