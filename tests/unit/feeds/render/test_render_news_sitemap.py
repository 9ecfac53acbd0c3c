"""The sitemap of news: the exact document, its window and its bound."""

from datetime import timedelta

import pytest
from lxml import etree

from services.feeds.render.news_sitemap import MOST, WINDOW, Article, news_language, render
from tests.unit.feeds.render.samples import START

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
DOCUMENT = """<?xml version='1.0' encoding='UTF-8'?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" \
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
  <url>
    <loc>https://city.example/?a=1&amp;b=2</loc>
    <news:news>
      <news:publication>
        <news:name>City &amp; Co</news:name>
        <news:language>ko</news:language>
      </news:publication>
      <news:publication_date>2026-03-01T08:00:00Z</news:publication_date>
      <news:title>AT&amp;T와 &lt;시민&gt;</news:title>
    </news:news>
  </url>
</urlset>
"""


def article(name: str, **age: float) -> Article:
    return Article(f"https://city.example/{name}", name, "ko-KR", START - timedelta(**age))


def listed(*articles: Article) -> list[str]:
    document = etree.fromstring(render("City", articles, START))
    return [loc.text.rpartition("/")[2] for loc in document.iter(LOC)]


def test_the_document() -> None:
    one = Article(
        "https://city.example/?a=1&b=2", "AT&T와 <시민>", "ko-KR", START - timedelta(hours=1)
    )
    assert render("City & Co", [one], START).decode() == DOCUMENT


def test_the_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    hours = WINDOW.total_seconds() / 3600
    assert listed(
        article("old", hours=hours), article("first", hours=hours - 0.001),
        article("last", hours=0), article("ahead", hours=-0.001),
    ) == ["last", "first"]  # fmt: skip


def test_the_newest_come_first_and_the_address_decides_between_equals() -> None:
    assert listed(article("b", hours=2), article("a", hours=1), article("c", hours=2)) == [
        "a", "c", "b",
    ]  # fmt: skip


def test_the_newest_thousand_are_listed() -> None:
    articles = [article(f"{number}", seconds=number) for number in range(MOST + 5)]
    assert listed(*articles) == [str(number) for number in range(MOST)]


def test_without_news_it_is_empty() -> None:
    assert listed() == []


@pytest.mark.parametrize(
    ("tag", "named"),
    [("ko", "ko"), ("en-US", "en"), ("fil", "fil"), ("zh-Hans-CN", "zh-cn"), ("zh-TW", "zh-tw")],
)
def test_a_language_goes_by_its_iso_code(tag: str, named: str) -> None:
    assert news_language(tag) == named
