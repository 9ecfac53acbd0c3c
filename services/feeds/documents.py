"""Documents: a feed rendered to bytes, with its validators (RFC 9110, section 8.8)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.feeds.render.formats import EntryWriter, Format, render
from services.feeds.render.snapshot import Entry, Snapshot

_HASH_LENGTH = 32
ETAG_LENGTH = _HASH_LENGTH + 2
"""Characters of an entity tag, with its quotes."""

MARK_LENGTH = 8
"""Bytes of an entry's mark."""


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
    entries: Iterable[Entry] = (),
) -> Document:
    """Return rendered bytes with their validators."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]}"'
    return Document(body, media_type, etag, last_modified, as_of, tuple(map(mark, entries)))


def mark(entry: Entry) -> bytes:
    """Return what tells an entry's state from all others."""
    state = repr((entry.id, entry.revision, entry.translations)).encode()
    return hashlib.blake2b(state, digest_size=MARK_LENGTH).digest()


def rendered(
    form: Format, shown: Snapshot, as_of: int, write: EntryWriter | None = None
) -> Document:
    """Return the document of a snapshot."""
    body = render(form, shown, write)
    return document(body, form.media_type, shown.updated, as_of, shown.entries)
