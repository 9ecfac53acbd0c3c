"""Compose an issue: one layout, written as HTML and as text. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.feeds.digest import markup, plain
from services.feeds.digest.items import Issue, Item, Withdrawn
from services.feeds.digest.layout import Layout, Link, Window, notices, sections
from services.feeds.digest.words import Words, words_for


def compose(
    *,
    partner_name: str,
    publisher: str,
    language: str,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    published: Sequence[Item],
    corrected: Sequence[Item] = (),
    withdrawn: Sequence[Withdrawn] = (),
    page_url: str,
    more: int = 0,
    unsubscribe_url: str | None = None,
) -> Issue:
    """Compose the issue of a partner for the half-open window ``[start, end)``.

    Args:
        partner_name: whom it is for.
        publisher: whom it comes from.
        language: BCP 47; Korean for ``ko`` and its variants, else English.
        zone: the partner's; all dates are told in it.
        start: where the window starts, aware.
        end: where it ends, aware; belongs to the next window.
        published: the posts of the window, newest first, already capped.
        corrected: posts of earlier issues that were revised in the window.
        withdrawn: posts of earlier issues that were withdrawn in the window.
        page_url: the issue's own page; absolute.
        more: how many further posts the cap left out.
        unsubscribe_url: one address's own link; None for the page that all may see.
    """
    words, window = words_for(language), Window(start, end, zone)
    counts = words.counts(
        posts=len(published) + more, corrections=len(corrected), withdrawals=len(withdrawn)
    )
    dates = words.dates(start, end, zone)
    source = _one_line(publisher)
    layout = Layout(
        words=words,
        subject=words.subject.format(publisher=source, counts=counts, dates=dates),
        publisher=source,
        addressee=words.addressee.format(partner=_one_line(partner_name)),
        overview=f"{dates} · {counts}",
        sections=sections(published, words, zone),
        more=Link(words.more(more), page_url) if more else None,
        notices=notices(corrected, withdrawn, words, zone),
        covers=window.described(words),
        page=Link(words.view_online, page_url),
        unsubscribe=_unsubscribe(words, unsubscribe_url),
    )
    return Issue(layout.subject, markup.write(layout), plain.write(layout))


def _unsubscribe(words: Words, url: str | None) -> Link | None:
    return None if url is None else Link(words.unsubscribe, url)


def _one_line(text: str) -> str:
    return " ".join(text.split())
