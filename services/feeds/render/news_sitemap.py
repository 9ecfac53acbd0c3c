"""The sitemap of news: what was published in the last two days, for search engines.

By Google's News extension of the sitemap protocol 0.9: at most 1,000 addresses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree
from lxml.etree import SubElement

from shared.clock import rfc3339

MEDIA_TYPE = "application/xml; charset=utf-8"
WINDOW = timedelta(hours=48)
MOST = 1000

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


@dataclass(frozen=True, slots=True)
class Article:
    """A published post: its page at the publisher's, and since when it is there."""

    url: str
    title: str
    language: str
    published: datetime


def render(publication: str, articles: Iterable[Article], now: datetime) -> bytes:
    """Return the sitemap of those articles that were published in the window up to ``now``."""
    fresh = [article for article in articles if now - WINDOW < article.published <= now]
    fresh.sort(key=lambda article: (article.published, article.url), reverse=True)
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS})
    for article in fresh[:MOST]:
        url = SubElement(root, f"{{{_SITEMAP}}}url")
        SubElement(url, f"{{{_SITEMAP}}}loc").text = article.url
        news = SubElement(url, f"{{{_NEWS}}}news")
        source = SubElement(news, f"{{{_NEWS}}}publication")
        SubElement(source, f"{{{_NEWS}}}name").text = publication
        SubElement(source, f"{{{_NEWS}}}language").text = news_language(article.language)
        SubElement(news, f"{{{_NEWS}}}publication_date").text = rfc3339(article.published)
        SubElement(news, f"{{{_NEWS}}}title").text = article.title
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return xml


def news_language(tag: str) -> str:
    """Return a language as the sitemap names it: by its ISO 639 code, but for Chinese.

    >>> news_language("ko-KR"), news_language("zh-Hant-HK"), news_language("zh")
    ('ko', 'zh-tw', 'zh-cn')
    """
    primary, *rest = tag.lower().split("-")
    if primary != "zh":
        return primary
    return "zh-cn" if _TRADITIONAL.isdisjoint(rest) else "zh-tw"
