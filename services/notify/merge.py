"""JSON merge patch (RFC 7396) on a record, then the record's own rules again. Pure."""

from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """Return the target with the patch applied; ``None`` in a patch removes a field."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
