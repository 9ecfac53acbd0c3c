"""What stands around the feeds: the page of feeds, OPML, the sitemap of news."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree, html

from services.ingest.release import release_due
from shared.clock import rfc3339
from tests.integration.feeds.issues import Clock
from tests.integration.feeds.scenes import published, read, sent, text_of, withdrawn
from tests.support.session import Api, settle

HUB = "https://hub.example"
EXITS = ("/feeds", "/feeds?lang=ko", "/feeds/opml.xml", "/sitemap-news.xml")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """Somebody without a key."""
    return caller()


def news(reader: Api) -> list[str]:
    document = etree.fromstring(read(reader, "/sitemap-news.xml").content)
    return [loc.text for loc in document.iter(f"{SITEMAP}loc")]


def subscriptions(reader: Api, path: str = "/feeds/opml.xml") -> list[Any]:
    document = etree.fromstring(read(reader, path).content)
    return list(document.xpath("//outline[@xmlUrl]"))


def test_the_page_names_the_latest_posts(admin: Api, reader: Api) -> None:
    for day in range(1, 8):
        sent(admin, f"{day}", date_published=f"2026-03-0{day}", title=f"Day {day}")
    sent(admin, "한/글", date_published="2026-03-09T00:30:00+09:00", language="ko", title="소식")
    settle()
    document = html.document_fromstring(read(reader, "/feeds?lang=ko").content)
    links = document.xpath("//section[@class='latest']//a")
    assert [(link.text, link.get("lang")) for link in links] == [
        ("소식", "ko"), ("Day 7", "en"), ("Day 6", "en"), ("Day 5", "en"), ("Day 4", "en"),
    ]  # fmt: skip
    assert links[0].get("href") == f"{HUB}/posts/{quote('한/글', safe='')}"
    for link in links:
        read(reader, link.get("href").removeprefix(HUB))
    times = [(one.get("datetime"), one.text) for one in document.iter("time")]
    assert times[:2] == [("2026-03-09", "2026년 3월 9일"), ("2026-03-07", "2026년 3월 7일")]
    assert "March 9, 2026" in read(reader, "/feeds?lang=en").text


def test_every_feed_on_the_page_is_there_with_its_type(admin: Api, reader: Api) -> None:
    published(admin, "a", language="ko-KR", section="archives", tags=["한강/공원", "R&D"])
    published(admin, "b")
    document = html.document_fromstring(read(reader, "/feeds").content)
    shown = {(one.get("href"), one.get("type")) for one in document.xpath("//main//a[@type]")}
    found = {
        (one.get("href"), one.get("type"))
        for one in document.xpath("//head/link[@rel='alternate'][@type]")
    }
    tagged = {pair for pair in shown if "/feeds/tag/" in pair[0]}
    opml = (f"{HUB}/feeds/opml.xml?lang=en", "text/x-opml")
    assert found == shown - tagged | {opml}
    assert len(tagged) == 6
    for href, type in shown | {opml}:
        answer = read(reader, href.removeprefix(HUB))
        assert answer.headers["content-type"] == f"{type}; charset=utf-8"
    addresses = [one.text for one in document.xpath("//code")]
    assert addresses == [f"{HUB}/feeds/{name}.rss" for name in (
        "all", "en/all", "ko/all", "ko-KR/all", "archives", "ko/archives", "ko-KR/archives",
        "news", "en/news",
    )]  # fmt: skip


def test_the_page_speaks_the_readers_language(reader: Api) -> None:
    for path, accepted, spoken, title in (
        ("/feeds", "ko", "ko", "피드 목록"), ("/feeds", "fr", "en", "Feeds"),
        ("/feeds?lang=en", "ko", "en", "Feeds"),
    ):  # fmt: skip
        answer = read(reader, path, **{"Accept-Language": accepted})
        assert answer.headers["content-language"] == spoken
        assert answer.headers["vary"] == "Accept-Encoding, Accept-Language"
        assert f'<html lang="{spoken}">' in answer.text
        assert title in text_of(answer.text)


@pytest.mark.parametrize("path", EXITS)
def test_every_exit_is_there_before_the_first_post(reader: Api, path: str) -> None:
    answer = read(reader, path)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_the_page_may_load_nothing(reader: Api) -> None:
    answer = read(reader, "/feeds")
    css = html.document_fromstring(answer.content).findtext("head/style")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    assert "<script" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", EXITS)
def test_who_has_the_document_gets_304(admin: Api, reader: Api, path: str) -> None:
    published(admin, "a")
    full = read(reader, path)
    assert read(reader, path).content == full.content
    held = {"If-None-Match": full.headers["etag"]}
    answer = reader("GET", path, headers=held)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == full.headers["etag"]
    assert reader("HEAD", path).headers["etag"] == full.headers["etag"]
    published(admin, "b", section="archives", date_published=None)
    assert reader("GET", path, headers=held).status_code == 200


@pytest.mark.parametrize("path", EXITS)
def test_no_exit_tells_of_what_is_not_public(admin: Api, reader: Api, path: str) -> None:
    hidden: dict[str, Any] = {
        "section": "hidden", "language": "fo", "tags": ["hidden"], "title": "Hidden",
        "date_published": None,
    }  # fmt: skip
    published(admin, "closed", **hidden, audience=["harbour"])
    published(admin, "later", **hidden, embargo_until="2999-01-01T00:00:00Z")
    published(admin, "gone", **hidden)
    assert "idden" in read(reader, path).text
    withdrawn(admin, "gone")
    published(admin, "narrowed", **hidden)
    published(admin, "narrowed", **hidden, audience=["harbour"])
    told = read(reader, path).text
    for word in ("idden", "/fo/", "closed", "later", "gone", "narrowed"):
        assert word not in told


def test_opml_holds_sections_languages_and_tags(admin: Api, reader: Api) -> None:
    published(admin, "a", language="ko", tags=["R&D"])
    answer = read(reader, "/feeds/opml.xml")
    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    found = subscriptions(reader)
    assert [(one.get("xmlUrl"), one.get("language")) for one in found] == [
        (f"{HUB}/feeds/all.rss", None), (f"{HUB}/feeds/ko/all.rss", "ko"),
        (f"{HUB}/feeds/news.rss", None), (f"{HUB}/feeds/ko/news.rss", "ko"),
        (f"{HUB}/feeds/tag/R%26D.rss", None),
    ]  # fmt: skip
    assert {one.get("type") for one in found} == {"rss"}
    assert {one.get("htmlUrl") for one in found} == {f"{HUB}/feeds"}
    assert found[3].get("text") == found[3].get("title") == "City News: News, Korean"
    korean = subscriptions(reader, "/feeds/opml.xml?lang=ko")
    assert korean[3].get("text") == "City News: 뉴스, 한국어"
    for one in found:
        read(reader, one.get("xmlUrl").removeprefix(HUB))


def test_opml_was_modified_when_the_feeds_last_changed(
    admin: Api, reader: Api, time: Clock
) -> None:
    time.is_at("2026-03-02T10:00:00Z")
    published(admin, "a")
    for _ in range(2):
        answer = read(reader, "/feeds/opml.xml")
        assert answer.headers["last-modified"] == "Mon, 02 Mar 2026 10:00:00 GMT"
        assert "<dateModified>Mon, 02 Mar 2026 10:00:00 GMT</dateModified>" in answer.text
        time.is_at("2026-03-02T11:00:00Z")


def test_news_are_what_was_published_in_two_days(admin: Api, reader: Api, time: Clock) -> None:
    time.is_at("2026-03-05T00:00:00Z")
    for id, hours in (("old", 48), ("first", 47.9), ("last", 1)):
        moment = rfc3339(time.now - timedelta(hours=hours))
        published(admin, id, date_published=moment, language="ko-KR", title=f"{id} & more")
    answer = read(reader, "/sitemap-news.xml")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert "last-modified" not in answer.headers
    assert news(reader) == ["https://city.example/last", "https://city.example/first"]
    told = next(etree.fromstring(answer.content).iter(f"{NEWS}news"))
    assert [one.text.strip() for one in told.iter() if one.text and one.text.strip()] == [
        "City News", "ko", "2026-03-04T23:00:00Z", "last & more",
    ]  # fmt: skip
    time.is_at("2026-03-06T22:00:00Z")
    assert news(reader) == ["https://city.example/last"]
    time.is_at("2026-03-06T23:00:00Z")
    assert news(reader) == []


def test_an_embargo_makes_an_old_date_news(admin: Api, reader: Api, time: Clock) -> None:
    time.is_at("2026-03-09T00:00:00Z")
    published(admin, "a", embargo_until="2026-03-10T00:00:00Z")
    time.is_at("2026-03-10T00:00:00Z")
    release_due(time.now)
    settle()
    assert "2026-03-10T00:00:00Z" in read(reader, "/sitemap-news.xml").text
    time.is_at("2026-03-11T00:00:00Z")
    published(admin, "a", embargo_until="2026-03-10T00:00:00Z", title="Corrected")
    assert "Corrected" in read(reader, "/sitemap-news.xml").text
    assert news(reader) == ["https://city.example/a"]
    time.is_at("2026-03-12T00:00:00Z")
    assert news(reader) == []
