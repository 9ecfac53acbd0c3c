"""What the pages say, in Korean and English, and which of the two a reader is answered in. Pure."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date

KOREAN_TAG, ENGLISH_TAG = "ko", "en"


@dataclass(frozen=True, slots=True)
class Other:
    """The language that the page does not speak."""

    tag: str
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """The pages' texts in one language; those with braces are filled by ``str.format``."""

    language: str
    other: Other
    # The page of feeds.
    title: str
    lead: str
    every_language: str
    latest: str
    tags: str
    tags_note: str
    address: str
    opml: str
    opml_note: str
    # A post's page.
    updated: str
    original: str
    about: str
    picture: str
    attachments: str
    translations: str
    license: str
    rights: str
    subscribe: str


KOREAN = Words(
    language=KOREAN_TAG,
    other=Other(ENGLISH_TAG, "English"),
    title="피드 목록",
    lead="원하는 피드의 주소를 피드 리더에 넣으면 새 글이 올라올 때마다 받아 볼 수 있습니다. "
    "모든 피드는 RSS, Atom, JSON Feed 세 가지 형식으로 제공됩니다.",
    every_language="모든 언어",
    latest="최근 글",
    tags="태그",
    tags_note="최근 글에 많이 쓰인 태그입니다.",
    address="피드 주소",
    opml="전체 피드 목록 내려받기(OPML)",
    opml_note="피드 리더에서 이 파일을 가져오면 모든 피드를 한 번에 구독할 수 있습니다.",
    updated="{} 수정",
    original="원문 보기",
    about="관련 페이지",
    picture="“{}” 대표 이미지",
    attachments="첨부 파일",
    translations="다른 언어",
    license="이용 허락",
    rights="저작권",
    subscribe="이 분야 구독",
)
ENGLISH = Words(
    language=ENGLISH_TAG,
    other=Other(KOREAN_TAG, "한국어"),
    title="Feeds",
    lead="Put the address of a feed into your feed reader to get every new post as it appears. "
    "Each feed comes in three formats: RSS, Atom and JSON Feed.",
    every_language="All languages",
    latest="Latest posts",
    tags="Tags",
    tags_note="The tags that most of the recent posts bear.",
    address="Feed address",
    opml="Download the list of all feeds (OPML)",
    opml_note="Import this file into a feed reader to subscribe to all feeds at once.",
    updated="Updated {}",
    original="Read the original",
    about="Related page",
    picture="Main picture of “{}”",
    attachments="Attachments",
    translations="Other languages",
    license="Licence",
    rights="Rights",
    subscribe="Subscribe to this section",
)
_WORDS = {KOREAN_TAG: KOREAN, ENGLISH_TAG: ENGLISH}


def for_reader(asked: str | None, accepted: str) -> Words:
    """Return the texts in the language that is asked for, else the best of an Accept-Language.

    >>> for_reader(None, "fr, ko-KR;q=0.9, en;q=0.8").language
    'ko'
    """
    if asked in _WORDS:
        return _WORDS[asked]
    weighed = [_weighed(item) for item in accepted.split(",")]
    fitting = [(weight, tag) for weight, tag in weighed if tag in _WORDS and weight > 0]
    best = max(fitting, key=lambda item: item[0], default=(0.0, ENGLISH_TAG))
    return _WORDS[best[1]]


def for_post(language: str) -> Words:
    """Return the texts around a post in this language: Korean for Korean, else English."""
    return _WORDS.get(primary(language), ENGLISH)


def language_name(tag: str, spoken: str | None = None) -> str:
    """Name a language in the one spoken, or in itself; by its tag where it has no name.

    >>> language_name("ko", "en"), language_name("ko")
    ('Korean', '한국어')
    """
    try:
        return Locale.parse(tag, sep="-").get_display_name(spoken) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 tag, in lower case."""
    return tag.strip().partition("-")[0].lower()


def locale_of(tag: str) -> Locale:
    """Return how dates are written in a language; as in English where nobody knows."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale(ENGLISH_TAG)


def date(moment: datetime, locale: Locale) -> str:
    """Write the date that an aware moment has in its own zone.

    >>> date(datetime(2026, 3, 1, 9), Locale("ko"))
    '2026년 3월 1일'
    """
    return format_date(moment, "long", locale)


def date_and_time(moment: datetime, locale: Locale) -> str:
    """Write date and time of day; at midnight the date alone, which is all that was given.

    >>> date_and_time(datetime(2026, 3, 1, 9), Locale("en"))
    'March 1, 2026, 09:00'
    """
    written = date(moment, locale)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return written
    between = " " if locale.language == KOREAN_TAG else ", "
    return f"{written}{between}{moment:%H:%M}"


def _weighed(item: str) -> tuple[float, str]:
    """Read one item of an Accept-Language: its weight and its primary language."""
    tag, _, weight = item.partition(";")
    try:
        return float(weight.strip().removeprefix("q=") or 1), primary(tag)
    except ValueError:
        return 0.0, primary(tag)
