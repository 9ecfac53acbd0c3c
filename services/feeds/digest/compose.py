"""Compose an issue: one layout, written as HTML and as text, as a page, or as a feed's entry. Pure.

A mail is bounded: where its HTML would be clipped by readers, excerpts shorten first, then fewer
posts are listed and the rest is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.feeds.digest import markup, plain
from services.feeds.digest.items import Counts, Issue, Listed
from services.feeds.digest.layout import Layout, Link, Scale, Setting, notices, sections
from services.feeds.digest.words import Words, words_for
from services.feeds.digest.wrap import shorten

MOST_BYTES = 100_000
"""Of a mail's HTML: Gmail shows 102 KB and hides the rest."""

_PREHEADER_COLUMNS = 150
# Excerpts shorten first, then fewer posts are listed; the last holds nothing but links.
_TIGHTER = (
    (Scale(), 1.0), (Scale(140), 1.0), (Scale(0, images=False), 1.0),
    (Scale(0, images=False), 0.5), (Scale(0, images=False), 0.1), (Scale(0, images=False), 0.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the posts of an issue.

    Args:
        partner_name: whom it is for.
        publisher: whom it comes from.
        language: BCP 47; Korean for ``ko`` and its variants, else English.
        zone: the partner's; all dates are told in it.
        start: where the half-open window ``[start, end)`` starts, aware.
        end: where it ends, aware; belongs to the next window.
        page_url: the issue's own page; absolute.
        totals: how much there is to tell, listed or not.
    """

    partner_name: str
    publisher: str
    language: str
    zone: ZoneInfo
    start: datetime
    end: datetime
    page_url: str
    totals: Counts

    @property
    def words(self) -> Words:
        """The texts."""
        return words_for(self.language)


def compose(frame: Frame, listed: Listed, unsubscribe_url: str | None = None) -> Issue:
    """Compose a mail; ``unsubscribe_url`` is one address's own link."""
    for scale, share in _TIGHTER:
        setting = Setting(frame.words, frame.zone, scale, rest=frame.page_url)
        layout = _laid_out(frame, listed.share(share), setting)
        if unsubscribe_url is not None:
            unsubscribe = Link(frame.words.unsubscribe, unsubscribe_url)
            layout = replace(layout, unsubscribe=unsubscribe)
        html = markup.write(layout)
        if len(html.encode()) <= MOST_BYTES:
            break
    return Issue(layout.subject, html, plain.write(layout))


def page(
    frame: Frame,
    listed: Listed,
    beyond: int = 0,
    turns: Sequence[Link] = (),
    nav: Sequence[Link] = (),
) -> str:
    """Compose a page of an issue.

    ``beyond`` posts are listed nowhere. ``turns`` lead to its other pages, ``nav`` to other
    issues.
    """
    layout = _laid_out(frame, listed, Setting(frame.words, frame.zone))
    layout = replace(
        layout,
        preheader="",
        beyond=frame.words.beyond(beyond) if beyond else "",
        page=Link(frame.words.permalink, frame.page_url),
        turns=tuple(turns),
        nav=tuple(nav),
    )
    return markup.write(layout)


def entry(frame: Frame, listed: Listed) -> tuple[str, str]:
    """Compose a feed's entry: one line that sums it up, and its HTML."""
    layout = _laid_out(frame, listed, Setting(frame.words, frame.zone, rest=frame.page_url))
    return layout.preheader, markup.entry(layout)


def _laid_out(frame: Frame, listed: Listed, setting: Setting) -> Layout:
    words, source = frame.words, _one_line(frame.publisher)
    counts = words.counts(frame.totals)
    dates = words.dates(frame.start, frame.end, frame.zone)
    more = frame.totals - listed.counts
    overview = f"{dates} · {counts}"
    return Layout(
        words=words,
        subject=words.subject.format(publisher=source, counts=counts, dates=dates),
        preheader=_preheader(listed) or overview,
        publisher=source,
        addressee=words.addressee.format(partner=_one_line(frame.partner_name)),
        overview=overview,
        sections=sections(listed.published, setting),
        more=setting.more(more.posts),
        beyond="",
        notices=notices(listed, more, setting),
        covers=_covers(frame),
        page=Link(words.view_online, frame.page_url),
        unsubscribe=None,
        turns=(),
        nav=(),
    )


def _preheader(listed: Listed) -> str:
    """Return the first titles, which lists of mails show behind the subject."""
    return shorten(" · ".join(item.title for item in listed.published[:5]), _PREHEADER_COLUMNS)


def _covers(frame: Frame) -> str:
    start, end = (frame.words.minute(moment, frame.zone) for moment in (frame.start, frame.end))
    return frame.words.covers.format(start=start, end=end, zone=frame.zone.key)


def _one_line(text: str) -> str:
    return " ".join(text.split())
