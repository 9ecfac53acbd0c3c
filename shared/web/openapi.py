"""What the OpenAPI document says: bodies that handlers read themselves, and every answer.

Most answers follow from what a call has (a key, a body, a place in its path), so they are told
here, once; a route adds what is its own.
"""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

_DEFS = "#/$defs/"
_PROBLEM_TYPE = "application/problem+json"
_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_FAULT = {
    "type": "object",
    "required": ["field", "message"],
    "properties": {
        "field": {"type": "string", "description": "Its dotted path; empty for the document"},
        "message": {"type": "string"},
        "value": {"type": "string", "description": "What was given, shortened; never a secret"},
    },
}
_EXAMPLE = {
    "type": "https://hub.example/problems/invalid-post",
    "title": "The post is not valid",
    "status": 422,
    "detail": "check: url",
    "instance": "/v1/posts",
    "errors": [
        {
            "field": "url",
            "message": "must be an absolute http or https URL",
            "value": "city.example/news/night-bus",
        }
    ],
}
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457)",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Ends in the problem's name"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {"type": "array", "items": _FAULT},
    },
    "examples": [_EXAMPLE],
}

_SECONDS = {"schema": {"type": "integer", "minimum": 1}, "description": "Come again after so many"}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}
_REQUEST_ID = {
    "X-Request-Id": {
        "schema": {"type": "string"},
        "description": "The request's name in the hub's logs: the caller's own, or a new one",
    }
}
_MALFORMED = "The address, a cursor or the body cannot be read"
_KEYED = {
    401: "No key, or an unknown one",
    403: "The key's scope does not reach this far",
    429: "More requests a second than PABAL_RATE_LIMIT admits for one key",
    503: "The database is away or too slow; repeat the request to be sure",
}
_NAMED = {400: _MALFORMED, 404: "No such thing, or another partner's"}
_WITH_BODY = {
    400: _MALFORMED,
    413: "The body is over its limit: 4 MiB, 64 MiB for a batch",
    415: "The body is of a type that is not taken here",
    422: "A field breaks a rule; each is named",
}
_WITH_QUERY = {400: _MALFORMED, 422: "A parameter breaks a rule; each is named"}
_METHODS = ("get", "post", "put", "patch", "delete")


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


def problem(description: str) -> dict[str, Any]:
    """Return the answer of a refusal that is a route's own."""
    return {"description": description, "content": {_PROBLEM_TYPE: {"schema": _PROBLEM_REF}}}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's JSON Schema with its parts in place, to stand anywhere in a document."""
    whole = model.model_json_schema()
    parts = whole.pop("$defs", {})
    placed: dict[str, Any] = _placed(whole, parts)
    return placed


class Described(FastAPI):
    """An application whose document names every answer of every call."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
            for path in document["paths"].values():
                for method in _METHODS:
                    if method in path:
                        _describe(path[method])
        assert self.openapi_schema is not None
        return self.openapi_schema


def _describe(operation: dict[str, Any]) -> None:
    """Add the answers that follow from what a call has, and every answer's headers."""
    answers = operation["responses"]
    # FastAPI's own form of it; ours is a problem document.
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    for status, description in _refusals(operation).items():
        answers.setdefault(str(status), problem(description))
    for status, answer in answers.items():
        answer["headers"] = {**_REQUEST_ID, **_HEADERS.get(int(status), {})}
    operation["responses"] = dict(sorted(answers.items()))


def _refusals(operation: dict[str, Any]) -> dict[int, str]:
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    found: dict[int, str] = {}
    if "security" in operation:
        found |= _KEYED
    if "path" in places:
        found |= _NAMED
    if places & {"query", "header"}:
        found |= _WITH_QUERY
    if "requestBody" in operation:
        found |= _WITH_BODY
    return found


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
