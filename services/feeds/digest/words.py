"""What an issue says around its posts, in Korean and English."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_interval, format_skeleton

from services.feeds.digest.items import Counts

_THIN_SPACES = str.maketrans("\u2009\u202f", "  ")


@dataclass(frozen=True, slots=True)
class Count:
    """A counted noun: the forms for one and for any other number."""

    one: str
    other: str

    def __call__(self, number: int) -> str:
        """Say how many."""
        return (self.one if number == 1 else self.other).format(number)


# There is one for each language: told apart by which it is, and so quickly looked up by.
@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The texts of one language; those with braces are filled by ``str.format``."""

    locale: Locale
    subject: str
    test: str
    addressee: str
    posts: Count
    corrections: Count
    withdrawals: Count
    nothing: str
    empty: str
    more: Count
    corrected: str
    corrected_note: str
    corrected_mark: str
    withdrawn: str
    withdrawn_note: str
    withdrawn_on: str
    picture: str
    attachments: str
    more_attachments: Count
    covers: str
    view_online: str
    unsubscribe: str
    # The page of an issue, and the list of all.
    permalink: str
    beyond: Count
    archive: str
    no_issues: str
    earlier: str
    later: str
    next_page: str
    previous_page: str

    @property
    def language(self) -> str:
        """The language tag."""
        return str(self.locale.language)

    def counts(self, numbers: Counts) -> str:
        """Say what an issue holds, leaving out what it does not hold."""
        parts = (
            (self.posts, numbers.posts),
            (self.corrections, numbers.corrections),
            (self.withdrawals, numbers.withdrawals),
        )
        return ", ".join(count(number) for count, number in parts if number) or self.nothing

    def date(self, moment: datetime, zone: ZoneInfo) -> str:
        """Write the date that a moment has in a zone."""
        return format_skeleton("yMMMd", moment.astimezone(zone), locale=self.locale)

    def minute(self, moment: datetime, zone: ZoneInfo) -> str:
        """Write date and time of day, on the 24-hour clock."""
        return f"{self.date(moment, zone)} {moment.astimezone(zone):%H:%M}"

    def dates(self, start: datetime, end: datetime, zone: ZoneInfo) -> str:
        """Write the dates that the half-open window ``[start, end)`` touches."""
        last = max(start, end - timedelta(microseconds=1))
        first_day, last_day = (moment.astimezone(zone).date() for moment in (start, last))
        written = format_interval(first_day, last_day, "yMMMd", locale=self.locale)
        return written.translate(_THIN_SPACES)

    def language_mark(self, tag: str) -> str:
        """Name a language that is not the issue's own; empty for the issue's own."""
        primary = primary_language(tag)
        if primary == self.language:
            return ""
        return str(self.locale.languages.get(primary, tag))


def primary_language(tag: str) -> str:
    """Return the primary subtag of a BCP 47 tag, in lower case."""
    return tag.partition("-")[0].lower()


KOREAN = Words(
    locale=Locale("ko"),
    subject="[{publisher}] {counts} ({dates})",
    test="[시험] {subject}",
    addressee="{partner} 귀중",
    posts=Count("소식 {}건", "소식 {}건"),
    corrections=Count("정정 {}건", "정정 {}건"),
    withdrawals=Count("철회 {}건", "철회 {}건"),
    nothing="새 소식 없음",
    empty="이 기간에는 새 소식이 없습니다.",
    more=Count("외 {}건 더 보기", "외 {}건 더 보기"),
    corrected="정정",
    corrected_note="앞서 보내 드린 뒤 내용이 바뀐 소식입니다.",
    corrected_mark="정정됨",
    withdrawn="철회",
    withdrawn_note="앞서 보내 드린 다음 소식은 철회되었으니 더 이상 사용하지 마십시오.",
    withdrawn_on="{date} 철회",
    picture="“{title}” 대표 이미지",
    attachments="첨부",
    more_attachments=Count("첨부 외 {}건", "첨부 외 {}건"),
    covers="{start}부터 {end}까지의 소식입니다({zone}).",
    view_online="웹에서 보기",
    unsubscribe="수신 거부",
    permalink="이 호의 주소",
    beyond=Count("이 밖에 {}건이 더 있습니다.", "이 밖에 {}건이 더 있습니다."),
    archive="지난 호 목록",
    no_issues="아직 보내 드린 소식이 없습니다.",
    earlier="이전 호",
    later="다음 호",
    next_page="다음 쪽",
    previous_page="앞 쪽",
)

ENGLISH = Words(
    locale=Locale("en"),
    subject="{publisher}: {counts} ({dates})",
    test="[test] {subject}",
    addressee="For {partner}",
    posts=Count("{} post", "{} posts"),
    corrections=Count("{} correction", "{} corrections"),
    withdrawals=Count("{} withdrawal", "{} withdrawals"),
    nothing="no new posts",
    empty="There is nothing new in this issue.",
    more=Count("and {} more post", "and {} more posts"),
    corrected="Corrected",
    corrected_note="These posts have changed since they were sent to you.",
    corrected_mark="Corrected",
    withdrawn="Withdrawn",
    withdrawn_note="These posts have been withdrawn since they were sent to you. "
    "Please use them no longer.",
    withdrawn_on="Withdrawn {date}",
    picture="Picture of “{title}”",
    attachments="Attachment",
    more_attachments=Count("and {} more attachment", "and {} more attachments"),
    covers="This issue covers {start} to {end} ({zone}).",
    view_online="View online",
    unsubscribe="Unsubscribe",
    permalink="Link to this issue",
    beyond=Count("There is {} more post.", "There are {} more posts."),
    archive="All issues",
    no_issues="Nothing has been sent yet.",
    earlier="Previous issue",
    later="Next issue",
    next_page="Next page",
    previous_page="Previous page",
)


def words_for(language: str) -> Words:
    """Return the texts for a BCP 47 tag: Korean for ``ko`` and its variants, else English."""
    return KOREAN if primary_language(language) == KOREAN.language else ENGLISH
