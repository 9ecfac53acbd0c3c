"""What the OpenAPI document shows of bodies that handlers read themselves."""

from typing import Any

from pydantic import BaseModel

_DEFS = "#/$defs/"


def body(
    model: type[BaseModel],
    example: Any,
    media_type: str = "application/json",
    *,
    required: bool = True,
) -> dict[str, Any]:
    """Return the ``openapi_extra`` of a call that takes this model as a document."""
    content = {media_type: {"schema": schema(model), "example": example}}
    return {"requestBody": {"required": required, "content": content}}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON Schema with its parts in place, to stand anywhere in a document."""
    whole = model.model_json_schema()
    parts = whole.pop("$defs", {})
    placed: dict[str, Any] = _placed(whole, parts)
    return placed


def _placed(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_placed(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    named = value.get("$ref", "")
    if named.startswith(_DEFS):
        beside = {name: item for name, item in value.items() if name != "$ref"}
        return _placed({**parts[named.removeprefix(_DEFS)], **beside}, parts)
    return {name: _placed(item, parts) for name, item in value.items()}
