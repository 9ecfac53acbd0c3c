"""The page that lists the public feeds for people, in Korean or English."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from babel import Locale
from babel.core import UnknownLocaleError
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.feeds import documents, selections, store
from services.feeds.definition import ALL, Definition
from services.feeds.documents import Document
from services.feeds.render.formats import Format
from services.feeds.render.titles import section_name
from shared.db import engine
from shared.interest import language_ranges
from shared.settings import settings

MEDIA_TYPE = "text/html; charset=utf-8"
_CSS = files("services.feeds").joinpath("templates/directory.css").read_text("utf-8")
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_TEMPLATE = Environment(
    loader=PackageLoader("services.feeds"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("directory.html")
_FORM_NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}


@dataclass(frozen=True, slots=True)
class Other:
    """The language that the page does not speak."""

    tag: str
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """The page's texts in one language."""

    language: str
    title: str
    lead: str
    every_language: str
    tags: str
    tags_note: str
    other: Other


_KOREAN = Words(
    language="ko",
    title="피드 목록",
    lead="원하는 피드의 주소를 피드 리더에 넣으면 새 글이 올라올 때마다 받아 볼 수 있습니다. "
    "모든 피드는 RSS, Atom, JSON Feed 세 가지 형식으로 제공됩니다.",
    every_language="모든 언어",
    tags="태그",
    tags_note="최근 글에 쓰인 태그입니다.",
    other=Other("en", "English"),
)
_ENGLISH = Words(
    language="en",
    title="Feeds",
    lead="Put the address of a feed into your feed reader to get every new post as it appears. "
    "Each feed comes in three formats: RSS, Atom and JSON Feed.",
    every_language="All languages",
    tags="Tags",
    tags_note="The tags of recent posts.",
    other=Other("ko", "한국어"),
)
_WORDS = {"ko": _KOREAN, "en": _ENGLISH}


@dataclass(frozen=True, slots=True)
class Form:
    """One document of a feed."""

    label: str
    type: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A feed in the list: what tells it from its neighbours, and its whole name."""

    label: str
    title: str
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Feeds under one heading."""

    heading: str
    lines: tuple[Line, ...]
    note: str = ""


def language(asked: str | None, accepted: str) -> str:
    """Return ``ko`` or ``en``: what is asked for, else the best of an Accept-Language.

    >>> language(None, "fr, ko-KR;q=0.9, en;q=0.8")
    'ko'
    """
    if asked in _WORDS:
        return asked
    weighed = [_weighed(item) for item in accepted.split(",")]
    fitting = [(weight, tag) for weight, tag in weighed if tag in _WORDS and weight > 0]
    return max(fitting, key=lambda item: item[0], default=(0.0, "en"))[1]


def page(language: str) -> Document:
    """Return the page as it is now; it tells of nothing that is not public."""
    with engine.snapshot() as connection:
        as_of = store.numbered(connection)
        changed = store.last_changed(connection, selections.of_definition(Definition()))
        pairs = store.catalogue(connection)
        tags = store.recent_tags(connection)
    html = _write(_WORDS[language], pairs, tags)
    return documents.document(html.encode(), MEDIA_TYPE, changed, as_of)


def _write(words: Words, pairs: Iterable[tuple[str, str]], tags: Iterable[str]) -> str:
    lines = tuple(_line(Definition(tag=tag), words.tags, tag) for tag in tags)
    return _TEMPLATE.render(
        words=words,
        css=Markup(_CSS),  # noqa: S704  # the project's own file
        publisher=settings().title,
        home=f"{settings().base_url}/feeds",
        groups=_groups(words, pairs),
        tags=Group(words.tags, lines, words.tags_note),
    )


def _groups(words: Words, pairs: Iterable[tuple[str, str]]) -> list[Group]:
    """Return a group for all posts, then one for each section."""
    ranges: dict[str, set[str]] = {ALL: set()}
    for section, tag in pairs:
        for name in (ALL, section):
            ranges.setdefault(name, set()).update(language_ranges(tag))
    return [_group(words, section, sorted(tags)) for section, tags in ranges.items()]


def _group(words: Words, section: str, languages: Iterable[str]) -> Group:
    heading = section_name(section, words.language)
    narrowed = (
        _line(Definition(section, tag), heading, _language_name(tag, words)) for tag in languages
    )
    return Group(heading, (_line(Definition(section), heading, words.every_language), *narrowed))


def _line(feed: Definition, heading: str, label: str) -> Line:
    base = settings().base_url
    forms = tuple(
        Form(_FORM_NAMES[form], form.mime_type, base + feed.path(form)) for form in Format
    )
    return Line(label, f"{settings().title}: {heading}, {label}", forms)


def _language_name(tag: str, words: Words) -> str:
    """Name a language in the page's own; by its tag where it has no name."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(words.language) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _weighed(item: str) -> tuple[float, str]:
    """Read one item of an Accept-Language: its weight and its primary language."""
    tag, _, weight = item.partition(";")
    primary = tag.strip().partition("-")[0].lower()
    try:
        return float(weight.strip().removeprefix("q=") or 1), primary
    except ValueError:
        return 0.0, primary
