"""An issue laid out: every word chosen and bounded, before it becomes HTML or text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from services.feeds.digest.filekind import kind, size
from services.feeds.digest.items import Attachment, Item, Withdrawn
from services.feeds.digest.words import Words
from services.feeds.digest.wrap import shorten
from shared.text import one_line

EXCERPT_COLUMNS = 280
ATTACHMENTS_SHOWN = 5
_TITLE_COLUMNS = 400
_FILE_COLUMNS = 120


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled URL; ``detail`` is what stands behind the label."""

    label: str
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A post as it is shown; without a URL where it must not be opened any more."""

    title: str
    language: str
    date: str
    url: str | None = None
    marks: tuple[str, ...] = ()
    excerpt: str = ""
    attachments: tuple[Link, ...] = ()
    unlisted: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Lines below one heading, with a note where the heading does not say enough."""

    heading: str
    lines: tuple[Line, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole issue: sections of posts, then the notices of what became of earlier ones."""

    words: Words
    subject: str
    publisher: str
    addressee: str
    overview: str
    sections: tuple[Part, ...]
    more: Link | None
    notices: tuple[Part, ...]
    covers: str
    page: Link
    unsubscribe: Link | None


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open window ``[start, end)`` of an issue, and the zone it is told in."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def described(self, words: Words) -> str:
        """Say from when to when the issue reaches."""
        start, end = (words.minute(moment, self.zone) for moment in (self.start, self.end))
        return words.covers.format(start=start, end=end, zone=self.zone.key)


def sections(items: Sequence[Item], words: Words, zone: ZoneInfo) -> tuple[Part, ...]:
    """Group posts by section; sections and posts keep the order in which they come."""
    slugs = dict.fromkeys(item.section for item in items)
    return tuple(
        Part(
            words.section(slug),
            tuple(_line(item, words, zone) for item in items if item.section == slug),
        )
        for slug in slugs
    )


def notices(
    corrected: Sequence[Item], withdrawn: Sequence[Withdrawn], words: Words, zone: ZoneInfo
) -> tuple[Part, ...]:
    """Return the parts for posts of earlier issues that were corrected or withdrawn since."""
    changed = tuple(
        _line(item, words, zone, beside=words.section(item.section)) for item in corrected
    )
    gone = tuple(_gone(post, words, zone) for post in withdrawn)
    parts = (
        Part(words.corrected, changed, words.corrected_note),
        Part(words.withdrawn, gone, words.withdrawn_note),
    )
    return tuple(part for part in parts if part.lines)


def _line(item: Item, words: Words, zone: ZoneInfo, beside: str = "") -> Line:
    shown = item.attachments[:ATTACHMENTS_SHOWN]
    corrected = words.corrected_mark if item.corrected and not beside else ""
    return Line(
        title=shorten(item.title, _TITLE_COLUMNS),
        language=item.language,
        date=words.date(item.published, zone),
        url=item.url,
        marks=_present(beside, words.language_mark(item.language), corrected),
        excerpt=shorten(item.excerpt, EXCERPT_COLUMNS),
        attachments=tuple(map(_file, shown)),
        unlisted=len(item.attachments) - len(shown),
    )


def _gone(post: Withdrawn, words: Words, zone: ZoneInfo) -> Line:
    return Line(
        title=shorten(post.title, _TITLE_COLUMNS),
        language=post.language or words.language,
        date=words.withdrawn_on.format(date=words.date(post.when, zone)),
    )


def _file(attachment: Attachment) -> Link:
    address = urlsplit(attachment.url)
    name = attachment.title or one_line(unquote(address.path.rpartition("/")[2]))
    return Link(
        label=shorten(name, _FILE_COLUMNS) or address.netloc,
        url=attachment.url,
        detail=", ".join(_present(kind(attachment.mime_type), size(attachment.size))),
    )


def _present(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
