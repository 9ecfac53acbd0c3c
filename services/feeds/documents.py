"""Documents: a feed rendered to bytes, with its validators (RFC 9110, section 8.8)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from services.feeds import entries
from services.feeds.render.formats import Format, render
from services.feeds.render.snapshot import Entry, Snapshot

_HASH_LENGTH = 32
ETAG_LENGTH = _HASH_LENGTH + 2
"""Characters of an entity tag, with its quotes."""


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes with a strong ETag; ``as_of`` is the sequence up to which they are true.

    ``marks`` tell the entries and their states apart; they come with what was just rendered.
    """

    body: bytes
    media_type: str
    etag: str
    last_modified: datetime
    as_of: int
    marks: tuple[bytes, ...] = field(default=(), compare=False)


def document(
    body: bytes,
    media_type: str,
    last_modified: datetime,
    as_of: int,
    shown: Iterable[Entry] = (),
) -> Document:
    """Return rendered bytes with their validators."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]}"'
    return Document(
        body, media_type, etag, last_modified, as_of, tuple(entry.mark for entry in shown)
    )


def rendered(form: Format, shown: Snapshot, as_of: int) -> Document:
    """Return the document of a snapshot."""
    body = render(form, shown, partial(entries.write, form))
    return document(body, form.media_type, shown.updated, as_of, shown.entries)
