"""What an entry says, within the limits of a post: cut where a post's author would be asked."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from services.ingest.sanitise import clean_html, text_of
from services.ingest.sources.document import Entry
from shared.schema.fields import canonical_language
from shared.text import one_line

TITLE, SUMMARY, TAG, NAME, RIGHTS, LIST = 500, 2000, 100, 200, 1000, 64
"""The post's own limits, in characters and in things."""

FIRST_WORDS = 100
_EMAIL = re.compile(r"\S+@\S+")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def cut(text: str, most: int) -> str | None:
    """Return one line of at most ``most`` characters, marked where it is cut; nothing is None."""
    line = re.sub(r"\s+", " ", one_line(text)).strip()
    if len(line) > most:
        line = line[: most - 1].rstrip() + "…"
    return line or None


def plain(markup: str) -> str:
    """Return the text of untrusted HTML."""
    return text_of(clean_html(markup, base="https://source.invalid/"))


def title_from(text: str) -> str | None:
    """Return a title for an entry that has none: the beginning of what it says."""
    return cut(text, FIRST_WORDS)


def name_of(author: str) -> str | None:
    """Return an author's name without the mail address that RSS puts there."""
    without = _EMAIL.sub("", author).strip().strip("()<>").strip()
    return cut(without, NAME)


def language_of(tag: object) -> str | None:
    """Return a BCP 47 tag, or nothing for what is none (``en_US`` is meant as one)."""
    if not isinstance(tag, str):
        return None
    return canonical_language(tag.strip().replace("_", "-"))


def absolute(link: object, address: str) -> str | None:
    """Return a link as an absolute address; nothing for what is not text."""
    written = one_line(link) if isinstance(link, str) else ""
    if not written:
        return None
    try:
        return urljoin(address, written)
    except ValueError:  # such as an unclosed bracket; the schema will say what is wrong
        return written


def entry(guid: object, link: str | None, post: Mapping[str, Any]) -> Entry:
    """Return an entry; one with neither id nor link is known by its words."""
    known = one_line(str(guid)) if isinstance(guid, str | int) else ""
    if not known and link is None:
        words = "\n".join(str(post.get(name)) for name in ("title", "summary", "content_text"))
        known = f"words:{hashlib.sha256(words.encode(errors='replace')).hexdigest()[:32]}"
    return Entry(known or None, link, post)


def is_address(text: str) -> bool:
    """Tell whether an id is a URI and so means the same everywhere."""
    return _ADDRESS.match(text) is not None and one_line(text) == text and " " not in text
