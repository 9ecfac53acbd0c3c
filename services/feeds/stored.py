"""A post as the database holds it, read without validating it again.

It was validated when it was accepted, by the rules and the settings of that time. To ask again
would cost more than all the rest of a render, and could refuse what was promised.
"""

import json
from typing import Any

from shared.schema.post import Attachment, Author, Post

# Dates and facets stand in columns.
_PLAIN = (
    "id", "url", "external_url", "title", "section", "language", "summary", "content_html",
    "content_text", "image", "banner_image", "translation_of", "license", "rights",
)  # fmt: skip


def post_from(document: str) -> Post:
    """Return the post in a stored document, without its dates and its audience."""
    fields: dict[str, Any] = json.loads(document)
    return Post.model_construct(
        **{name: fields[name] for name in _PLAIN if name in fields},
        authors=tuple(Author.model_construct(**author) for author in fields.get("authors", ())),
        tags=tuple(fields.get("tags", ())),
        attachments=tuple(
            Attachment.model_construct(**attachment) for attachment in fields.get("attachments", ())
        ),
        extensions={name: value for name, value in fields.items() if name.startswith("_")},
    )


def url_in(document: str) -> str:
    """Return the address in a stored document."""
    url: str = json.loads(document)["url"]
    return url
