"""What a document shows, complete: a feed at one moment, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.feeds.render.media import Format
from shared import text
from shared.clock import to_milliseconds
from shared.schema.post import Attachment, Author, Post

MARK_LENGTH = 8
"""Bytes of an entry's mark."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The same post in another language."""

    post_id: str
    language: str
    url: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A post that was withdrawn, and when (RFC 6721)."""

    post_id: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A post or a digest inside a document; HTML is sanitised, text is clean.

    ``updated`` is never before ``published``, and of whole milliseconds. Empty text is None.
    """

    id: str
    url: str
    title: str
    section: str
    language: str
    revision: int
    published: datetime
    updated: datetime
    external_url: str | None = None
    summary: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    image: str | None = None
    banner_image: str | None = None
    authors: tuple[Author, ...] = ()
    tags: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    translations: tuple[Translation, ...] = ()
    translation_of: str | None = None
    license: str | None = None
    rights: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    mark: bytes = field(default=b"", compare=False)

    @property
    def has_content(self) -> bool:
        """Tell whether there is a body; an archive item may have none."""
        return self.content_html is not None or self.content_text is not None

    @property
    def gist(self) -> str:
        """Return what stands for the body where a format demands some text."""
        return self.summary or self.title


@dataclass(frozen=True, slots=True)
class Feed:
    """Which posts are shown, and to whom.

    ``origin`` is the hub's permanent name, such as the public URL that it was set up with;
    ``publisher`` is its title for people. ``section`` is a slug or ``all``. ``partner`` is the
    id of the partner whose private feed this is.
    """

    origin: str
    publisher: str
    section: str = "all"
    language: str | None = None
    tag: str | None = None
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Urls:
    """The addresses of one document in each format."""

    rss: str
    atom: str
    json: str

    def of(self, form: Format) -> str:
        """Return the address for a format."""
        return {Format.RSS: self.rss, Format.ATOM: self.atom, Format.JSON: self.json}[form]


@dataclass(frozen=True, slots=True)
class Links:
    """Where the document stands among others (RFC 5005, section 4).

    ``home`` is the HTML page of the feed and ``own`` the document itself. ``older`` and ``newer``
    are the neighbouring archive pages; ``current`` is given on archive pages alone.
    """

    home: str
    own: Urls
    hub: str | None = None
    older: Urls | None = None
    newer: Urls | None = None
    current: Urls | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A feed at one moment: entries, newest first, and what was withdrawn."""

    feed: Feed
    links: Links
    updated: datetime
    entries: tuple[Entry, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()

    @property
    def deleted(self) -> tuple[Tombstone, ...]:
        """Return the tombstones to show: each once, and none of a post that is back."""
        shown = {entry.id for entry in self.entries}
        return tuple(
            tombstone
            for tombstone in dict.fromkeys(self.tombstones)
            if tombstone.post_id not in shown
        )


def entry_from(
    post: Post,
    *,
    revision: int,
    published: datetime,
    updated: datetime,
    translations: tuple[Translation, ...] = (),
    mark: bytes = b"",
) -> Entry:
    """Return the entry of a post's revision.

    ``published`` and ``updated`` are aware; an ``updated`` before ``published`` is raised to it.
    ``translations`` holds only those that the feed's readers may see.
    """
    return Entry(
        id=post.id,
        url=post.url,
        title=post.title,
        section=post.section,
        language=post.language,
        revision=revision,
        published=published,
        updated=to_milliseconds(max(published, updated)),
        external_url=post.external_url,
        summary=post.summary or None,
        content_html=_body(post.content_html),
        content_text=_body(post.content_text),
        image=post.image,
        banner_image=post.banner_image,
        authors=post.authors,
        tags=post.tags,
        attachments=post.attachments,
        translations=translations,
        translation_of=post.translation_of,
        license=post.license,
        rights=post.rights,
        extensions=post.extensions,
        mark=mark,
    )


def _body(body: str | None) -> str | None:
    # Sanitising resolves character references, which can bring back what no XML may carry; one
    # such post must not spoil a whole feed.
    return text.clean(body) or None if body else None
