"""Entries: each state of a post is read once and written once, however often it is shown.

What is kept is known by all that it was made of, so that nothing ever has to be forgotten.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached
from cachetools.keys import hashkey
from sqlalchemy import Row

from services.feeds.render.formats import Format, write_entry
from services.feeds.render.snapshot import MARK_LENGTH, Entry, Translation, entry_from
from services.feeds.stored import post_from

MOST_BYTES = 16 * 1024 * 1024
"""Of documents whose entries are kept, and again of what is written of them."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An entry, and about how many bytes it and its document take."""

    entry: Entry
    size: int


def of_row(row: Row[*tuple[Any, ...]], translations: Sequence[Translation]) -> Entry:
    """Return the entry of a revision's row."""
    state = (row.document, row.number, row.date_published, row.updated, tuple(translations))
    return _entry(*state).entry


@cached(LRUCache(MOST_BYTES, getsizeof=attrgetter("size")), lock=Lock())
def _entry(
    document: str,
    number: int,
    published: datetime,
    updated: datetime,
    translations: tuple[Translation, ...],
) -> _Kept:
    state = hashlib.blake2b(document.encode(), digest_size=MARK_LENGTH)
    state.update(repr((number, published, updated, translations)).encode())
    entry = entry_from(
        post_from(document),
        revision=number,
        published=published,
        updated=updated,
        translations=translations,
        mark=state.digest(),
    )
    # Extensions and attachments too: what stands in the document stands in the entry again.
    return _Kept(entry, 4096 + 4 * len(document))


def write(form: Format, entry: Entry) -> bytes:
    """Return an entry as it stands in every document of a format."""
    return _written(form, entry) if entry.mark else write_entry(form, entry)


@cached(
    LRUCache(MOST_BYTES, getsizeof=len),
    key=lambda form, entry: hashkey(form, entry.mark),
    lock=Lock(),
)
def _written(form: Format, entry: Entry) -> bytes:
    return write_entry(form, entry)
