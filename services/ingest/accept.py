"""From what a publisher sent to a post that every format can carry."""

from collections.abc import Mapping
from typing import Any

from services.ingest.sanitise import sanitise
from shared import jsontext
from shared.errors import Invalid, InvalidPost
from shared.schema.post import Post
from shared.schema.problems import read
from shared.settings import Settings


def read_post(raw: bytes) -> Any:
    """Return a post's JSON; what it holds that JSON may not is a fault of the post."""
    try:
        return jsontext.loads(raw)
    except Invalid as refusal:
        raise InvalidPost(refusal.detail, refusal.errors) from None


def accept(value: Any, settings: Settings) -> Post:
    """Validate and clean one post; raises ``InvalidPost`` naming every bad field."""
    return sanitise(read(Post, value, InvalidPost, context(settings)))


def context(settings: Settings) -> Mapping[str, Any]:
    """Return what the schema needs to know of this hub."""
    return {"timezone": settings.timezone, "allowed_networks": settings.allowed_networks}
