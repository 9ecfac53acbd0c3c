"""An issue laid out: every word chosen and bounded, before it becomes HTML or text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from services.feeds.digest.filekind import kind, size
from services.feeds.digest.items import Attachment, Counts, Item, Listed, Translation, Withdrawn
from services.feeds.digest.words import Words, primary_language
from services.feeds.digest.wrap import shorten
from services.feeds.licences import license_name
from services.feeds.render.titles import section_name
from services.feeds.site.words import language_name
from shared.text import one_line

EXCERPT_COLUMNS = 280
ATTACHMENTS_SHOWN = 5
_TRANSLATIONS_SHOWN = 10
_TITLE_COLUMNS = 400
_FILE_COLUMNS = 120
_LINES = 1000
_FIRST_SECTIONS = ("news", "archives")


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled URL; ``detail`` is what stands behind the label."""

    label: str
    url: str
    detail: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture by reference, and what stands for it where it is not shown."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Line:
    """A post as it is shown; without a URL where it must not be opened any more.

    ``other`` names the post's language where it is not the issue's.
    """

    title: str
    language: str
    date: str
    url: str | None = None
    other: str = ""
    marks: tuple[str, ...] = ()
    license: Link | None = None
    translations: tuple[Link, ...] = ()
    excerpt: str = ""
    image: Image | None = None
    attachments: tuple[Link, ...] = ()
    unlisted: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Lines below one heading, with a note where the heading does not say enough."""

    heading: str
    lines: tuple[Line, ...]
    note: str = ""
    more: Link | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole issue: sections of posts, then the notices of what became of earlier ones.

    ``preheader`` is for lists of mails alone, ``beyond``, ``turns`` (to its other pages) and
    ``nav`` (to other issues) for pages.
    """

    words: Words
    subject: str
    preheader: str
    publisher: str
    addressee: str
    overview: str
    sections: tuple[Part, ...]
    more: Link | None
    beyond: str
    notices: tuple[Part, ...]
    covers: str
    page: Link
    unsubscribe: Link | None
    turns: tuple[Link, ...]
    nav: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """How large what is listed may become: columns of an excerpt, and whether with pictures."""

    excerpt: int = EXCERPT_COLUMNS
    images: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    """In which words and zone all is told, and where what is not listed stands."""

    words: Words
    zone: ZoneInfo
    scale: Scale = Scale()
    rest: str | None = None

    def more(self, number: int) -> Link | None:
        """Return the link to what is not listed, if there is any."""
        if not number or self.rest is None:
            return None
        return Link(self.words.more(number), self.rest)

    def date(self, moment: datetime) -> str:
        """Write a date."""
        return self.words.date(moment, self.zone)


def sections(items: Sequence[Item], setting: Setting) -> tuple[Part, ...]:
    """Group posts by section: the same order in each issue, in which posts keep theirs."""
    slugs = sorted({item.section for item in items}, key=_section_order)
    return tuple(
        Part(
            section_name(slug, setting.words.language),
            tuple(_line(item, setting) for item in items if item.section == slug),
        )
        for slug in slugs
    )


def notices(listed: Listed, more: Counts, setting: Setting) -> tuple[Part, ...]:
    """Return the parts for posts of earlier issues that were corrected or withdrawn since."""
    words = setting.words
    changed = tuple(
        _line(item, setting, beside=section_name(item.section, words.language))
        for item in listed.corrected
    )
    gone = tuple(_gone(post, setting) for post in listed.withdrawn)
    parts = (
        Part(words.corrected, changed, words.corrected_note, setting.more(more.corrections)),
        Part(words.withdrawn, gone, words.withdrawn_note, setting.more(more.withdrawals)),
    )
    return tuple(part for part in parts if part.lines or part.more)


def _section_order(slug: str) -> tuple[int, str]:
    known = slug in _FIRST_SECTIONS
    return (_FIRST_SECTIONS.index(slug) if known else len(_FIRST_SECTIONS), slug)


@cached(
    LRUCache(_LINES),
    # All but where the rest stands, which is each partner's own.
    key=lambda item, at, beside="": hashkey(item, at.words, at.zone, at.scale, beside),
    lock=Lock(),
)
def _line(item: Item, setting: Setting, beside: str = "") -> Line:
    words, shown = setting.words, item.attachments[:ATTACHMENTS_SHOWN]
    title = shorten(item.title, _TITLE_COLUMNS)
    corrected = words.corrected_mark if item.corrected and not beside else ""
    return Line(
        title=title,
        language=item.language,
        date=setting.date(item.published),
        url=item.url,
        other=words.language_mark(item.language),
        marks=_present(beside, corrected),
        license=Link(license_name(item.license), item.license) if item.license else None,
        translations=tuple(map(_translation, item.translations[:_TRANSLATIONS_SHOWN])),
        excerpt=shorten(item.excerpt, setting.scale.excerpt) if setting.scale.excerpt else "",
        image=_image(item.image, words.picture.format(title=title), setting),
        attachments=tuple(map(_file, shown)),
        unlisted=len(item.attachments) - len(shown),
    )


def _gone(post: Withdrawn, setting: Setting) -> Line:
    return Line(
        title=shorten(post.title, _TITLE_COLUMNS),
        language=post.language or setting.words.language,
        date=setting.words.withdrawn_on.format(date=setting.date(post.when)),
    )


def _translation(translation: Translation) -> Link:
    """Return a link that says in the other language which one it is."""
    name = language_name(primary_language(translation.language))
    return Link(name, translation.url, language=translation.language)


def _image(url: str | None, alt: str, setting: Setting) -> Image | None:
    """Return a picture that a mail reader can fetch: nothing relative, nothing inline."""
    if url is None or not setting.scale.images:
        return None
    address = urlsplit(url)
    if address.scheme not in ("https", "http") or not address.netloc:
        return None
    return Image(url, alt)


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
