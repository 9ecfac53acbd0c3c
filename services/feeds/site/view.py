"""What a post's page says of the post, ready to be written. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale
from markupsafe import Markup

from services.feeds.digest import filekind
from services.feeds.licences import license_name
from services.feeds.render.snapshot import Entry, Translation
from services.feeds.render.titles import section_name
from services.feeds.site import paths
from services.feeds.site.words import Words, date_and_time, language_name, locale_of
from shared.clock import rfc3339
from shared.schema.post import Attachment


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its label; ``note`` stands beside it."""

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sibling:
    """A translation: its language by tag and by name, its page here and its canonical one."""

    language: str
    name: str
    page: str
    canonical: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment for machines and for people."""

    exact: str
    written: str


@dataclass(frozen=True, slots=True)
class View:
    """A post's page: an entry, and what is written of it."""

    entry: Entry
    direction: str
    section: str
    published: When
    updated: When | None
    authors: tuple[Link, ...]
    picture: str | None
    body: Markup
    attachments: tuple[Link, ...]
    translations: tuple[Sibling, ...]
    original: Link
    about: Link | None
    license: Link | None


def view(entry: Entry, words: Words, zone: ZoneInfo, base: str) -> View:
    """Return what stands on a post's page: dates in ``zone``, links below ``base``."""
    locale = locale_of(entry.language)
    return View(
        entry=entry,
        direction=locale.text_direction,
        section=section_name(entry.section, words.language),
        published=_when(entry.published, zone, locale),
        updated=_when(entry.updated, zone, locale) if entry.updated > entry.published else None,
        authors=tuple(
            Link(author.name or _host(author.url or ""), author.url or "")
            for author in entry.authors
            if author.name or author.url
        ),
        picture=_picture(entry),
        body=_body(entry),
        attachments=tuple(_attachment(file) for file in entry.attachments),
        translations=_translations(entry.translations, base),
        original=_elsewhere(words.original, entry.url),
        about=_elsewhere(words.about, entry.external_url) if entry.external_url else None,
        license=Link(license_name(entry.license), entry.license) if entry.license else None,
    )


def _when(moment: datetime, zone: ZoneInfo, locale: Locale) -> When:
    return When(rfc3339(moment), date_and_time(moment.astimezone(zone), locale))


def _picture(entry: Entry) -> str | None:
    """Return the main picture, unless the body shows it."""
    picture = entry.image or entry.banner_image
    if picture is None or escape(picture) in (entry.content_html or ""):
        return None
    return picture


def _body(entry: Entry) -> Markup:
    """Return the body as HTML: what was sanitised when it was accepted, or escaped text."""
    if entry.content_html is not None:
        return Markup(entry.content_html)  # noqa: S704  # sanitised at the door
    paragraphs = (entry.content_text or "").split("\n\n")
    return Markup("\n").join(
        Markup('<p class="plain">{}</p>').format(paragraph) for paragraph in paragraphs if paragraph
    )


def _attachment(file: Attachment) -> Link:
    name = urlsplit(file.url).path.rpartition("/")[2] or _host(file.url)
    details = (filekind.kind(file.mime_type) or file.mime_type, filekind.size(file.size_in_bytes))
    return Link(file.title or name, file.url, ", ".join(filter(None, details)))


def _translations(translations: Sequence[Translation], base: str) -> tuple[Sibling, ...]:
    return tuple(
        Sibling(one.language, language_name(one.language), base + paths.post(one.post_id), one.url)
        for one in translations
    )


def _elsewhere(label: str, url: str) -> Link:
    return Link(label, url, _host(url))


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
