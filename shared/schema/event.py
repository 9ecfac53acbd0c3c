"""Event: an immutable fact about a post, a digest or an endpoint, and its envelope."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared import jsontext
from shared.clock import rfc3339


class EventType(StrEnum):
    """What an event says happened."""

    POST_PUBLISHED = "post.published"
    POST_UPDATED = "post.updated"
    POST_WITHDRAWN = "post.withdrawn"
    DIGEST_PUBLISHED = "digest.published"
    ENDPOINT_DISABLED = "endpoint.disabled"
    WEBHOOK_TEST = "webhook.test"


def envelope(
    *, id: str, type: str, sequence: int | None, timestamp: datetime, data: Mapping[str, Any]
) -> str:
    """Return the webhook body as JSON text: what is stored, signed, sent and listed.

    ``data`` of a post carries ``_pabal``; its ``sequence`` is the event's.
    """
    if "_pabal" in data:
        data = {**data, "_pabal": {**data["_pabal"], "sequence": sequence}}
    return jsontext.dumps(
        {
            "id": id,
            "type": type,
            "sequence": sequence,
            "timestamp": rfc3339(timestamp),
            "data": data,
        }
    )
