"""A public post's page over HTTP: what it says, to whom, and until when."""

from collections.abc import Callable
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import httpx
import pytest
from lxml import html

from services.ingest.release import release_due
from tests.integration.feeds.issues import Clock
from tests.integration.feeds.scenes import a_post, published, read, text_of, withdrawn
from tests.support.session import Api
from tests.unit.feeds.render.samples import PLAIN, RICH

HUB = "https://hub.example"


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """Somebody without a key."""
    return caller()


def page(id: str) -> str:
    return f"/posts/{quote(id, safe='')}"


def status(reader: Api, id: str) -> int:
    answer = reader("GET", page(id))
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Title of" not in answer.text
    return answer.status_code


def tree(reader: Api, id: str) -> Any:
    return html.document_fromstring(read(reader, page(id)).content)


def links(document: Any, rel: str, *attributes: str) -> list[tuple[str | None, ...]]:
    found = document.xpath(f"//head/link[@rel='{rel}']")
    return [tuple(link.get(name) for name in attributes) for link in found]


def test_a_rich_post_is_shown_in_full(admin: Api, reader: Api) -> None:
    admin("POST", "/v1/posts", json={**PLAIN, "date_published": "2026-03-01"})
    sent = {**RICH, "date_published": "2026-03-01T09:00:00+09:00"}
    assert admin("POST", "/v1/posts", json=sent).status_code == 201
    document = tree(reader, RICH["id"])
    assert document.get("lang") == "ko"
    assert document.findtext("head/title") == f"{RICH['title']} · City News"
    (heading,) = document.iter("h1")
    assert heading.text == RICH["title"]
    (image,) = document.iter("img")
    assert (image.get("src"), image.get("alt")) == (
        RICH["image"], f"“{RICH['title']}” 대표 이미지",
    )  # fmt: skip
    said = text_of(html.tostring(document.find("body"), encoding="unicode"))
    for expected in (
        "뉴스", "2026년 3월 1일 09:00", "김하늘", "Lee", "요약: 1 &lt; 2 &amp; 3 &gt; 2",
        "본문 링크", "첨부 파일 계획서 PDF, 12.3 KB", "raw.bin application/octet-stream",
        "원문 보기 city.example", "이용 허락 CC BY 4.0",
        "© 서울시 &amp; 기여자", "태그 교통 R&amp;D", "English",
    ):  # fmt: skip
        assert expected in said


def test_the_publishers_page_is_the_canonical_one(admin: Api, reader: Api) -> None:
    published(admin, "a", summary="In short", image="https://city.example/a.jpg")
    document = tree(reader, "a")
    assert links(document, "canonical", "href") == [("https://city.example/a",)]
    (original,) = document.xpath("//p[@class='original']/a")
    assert original.get("href") == "https://city.example/a"
    properties = document.xpath("//head/meta[@property]")
    assert {meta.get("property"): meta.get("content") for meta in properties} == {
        "og:type": "article",
        "og:title": "Title of a",
        "og:url": "https://city.example/a",
        "og:site_name": "City News",
        "og:description": "In short",
        "og:image": "https://city.example/a.jpg",
        "article:published_time": "2026-03-01T00:00:00Z",
    }


def test_readers_find_the_feeds_of_its_section(admin: Api, reader: Api) -> None:
    published(admin, "a", language="ko-KR")
    alternates = links(tree(reader, "a"), "alternate", "type", "href")
    assert [href for type, href in alternates if type == "application/atom+xml"] == [
        f"{HUB}/feeds/news.atom", f"{HUB}/feeds/ko-KR/news.atom", f"{HUB}/feeds/ko/news.atom",
    ]  # fmt: skip
    assert len(alternates) == 9
    for _, href in alternates:
        assert href is not None
        read(reader, href.removeprefix(HUB))


def test_translations_are_linked_both_ways(admin: Api, reader: Api) -> None:
    published(admin, "a")
    published(admin, "b", language="ko", translation_of="a")
    published(admin, "c", language="fr", translation_of="a", audience=["harbour"])
    for own, other, language in (("a", "b", "ko"), ("b", "a", "en")):
        document = tree(reader, own)
        pairs = [pair for pair in links(document, "alternate", "hreflang", "href") if pair[0]]
        assert pairs == [(language, f"https://city.example/{other}")]
        (link,) = document.xpath("//nav/a")
        assert (link.get("href"), link.get("hreflang")) == (f"{HUB}/posts/{other}", language)
    withdrawn(admin, "b")
    assert tree(reader, "a").xpath("//nav") == []


def test_words_are_korean_around_korean_posts_and_else_english(admin: Api, reader: Api) -> None:
    for id, language, word in (("a", "ko-KR", "원문 보기"), ("b", "fo", "Read the original")):
        published(admin, id, language=language)
        document = read(reader, page(id)).text
        assert f'<html lang="{language}"' in document
        assert word in document


@pytest.mark.parametrize(
    "id",
    ["city:news/2026/1", "뉴스 101 (en)", "a%2Fb", "a b?c#d", "https://city.example//x/", "posts/a",
     "a/../b", "é&<x>\"'", "😀"],
)  # fmt: skip
def test_odd_ids_have_pages(admin: Api, reader: Api, id: str) -> None:
    published(admin, id, url="https://city.example/odd", title="Odd")
    assert tree(reader, id).findtext(".//h1") == "Odd"
    withdrawn(admin, id)
    assert status(reader, id) == 410


def test_an_id_is_found_in_whatever_unicode_form(admin: Api, reader: Api) -> None:
    published(admin, "가", url="https://city.example/ga")
    assert read(reader, "/posts/%E1%84%80%E1%85%A1").content == read(reader, page("가")).content


@pytest.mark.parametrize("path", ["", "nothing", "%FF", "%0A", "a/b", "x" * 600])
def test_nothing_else_has_a_page(admin: Api, reader: Api, path: str) -> None:
    published(admin, "a")
    answer = reader("GET", f"/posts/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_withdrawn_post_is_gone_until_it_is_back(admin: Api, reader: Api) -> None:
    published(admin, "a")
    withdrawn(admin, "a")
    answer = reader("GET", "/posts/a")
    assert answer.status_code == 410
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": f"{HUB}/problems/gone",
        "title": "Withdrawn",
        "status": 410,
        "detail": "this post has been withdrawn",
        "instance": "/posts/a",
    }
    published(admin, "a")
    assert status(reader, "a") == 200


def test_a_scheduled_post_has_no_page_before_its_time(admin: Api, reader: Api, time: Clock) -> None:
    published(admin, "a", embargo_until="2026-03-02T00:00:00Z")
    published(admin, "b", date_published="2026-03-02T00:00:00Z")
    for id in "ab":
        assert status(reader, id) == 404
    time.is_at("2026-03-02T00:00:00Z")
    release_due(time.now)
    for id in "ab":
        assert status(reader, id) == 200


def test_a_post_that_was_withdrawn_before_its_time_was_never_there(admin: Api, reader: Api) -> None:
    published(admin, "a", embargo_until="2999-01-01T00:00:00Z")
    withdrawn(admin, "a")
    assert status(reader, "a") == 404


def test_a_post_that_is_not_for_everybody_is_as_unknown(admin: Api, reader: Api) -> None:
    published(admin, "closed", audience=["harbour"])
    published(admin, "narrowed")
    published(admin, "narrowed", audience=["harbour"], title="Title of none")
    said = {reader("GET", page(id)).json()["detail"] for id in ("closed", "narrowed", "none")}
    assert said == {"there is no such post"}
    for id in ("closed", "narrowed"):
        for who in (reader, admin):
            assert status(who, id) == 404
        withdrawn(admin, id)
        assert status(reader, id) == 404


def test_the_page_says_what_it_may_load_and_how_long_it_holds(admin: Api, reader: Api) -> None:
    published(admin, "a", content_html='<p>x</p><img src="https://city.example/x.png"><script>y')
    answer = read(reader, "/posts/a")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "img-src https: http:;" in policy
    assert "script" not in policy + answer.text
    assert "set-cookie" not in answer.headers


def test_who_has_the_page_gets_304(admin: Api, reader: Api) -> None:
    published(admin, "a")
    full = read(reader, "/posts/a")
    for name, held in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        answer = reader("GET", "/posts/a", headers={name: full.headers[held]})
        assert (answer.status_code, answer.content) == (304, b"")
        kept = ("etag", "last-modified", "cache-control", "content-security-policy")
        assert [answer.headers[one] for one in kept] == [full.headers[one] for one in kept]
    head = reader("HEAD", "/posts/a")
    assert (head.status_code, head.content) == (200, b"")
    assert _lasting(head) == _lasting(full)


def test_last_modified_moves_with_the_state(admin: Api, reader: Api, time: Clock) -> None:
    seen = []

    def state(second: int, id: str, **fields: Any) -> None:
        time.is_at(f"2026-03-02T00:00:{second:02}Z")
        published(admin, id, **fields)
        seen.append(read(reader, "/posts/a").headers["last-modified"][-12:])

    state(1, "a")
    state(2, "a", title="Revised")
    state(3, "b", language="ko", translation_of="a")
    published(admin, "a", audience=["harbour"])
    state(5, "a", title="Revised")
    time.is_at("2026-03-02T00:00:06Z")
    withdrawn(admin, "a")
    state(7, "a", title="Revised")
    time.is_at("2026-03-02T00:00:08Z")
    withdrawn(admin, "b")
    seen.append(read(reader, "/posts/a").headers["last-modified"][-12:])
    assert seen == [f"00:00:{second:02} GMT" for second in (1, 2, 3, 5, 7, 8)]


def test_the_longest_id_is_found_however_it_is_composed(admin: Api, reader: Api) -> None:
    longest = "\u1fa7" * 512
    published(admin, longest, title="Long", url="https://city.example/")
    decomposed = normalize("NFD", longest)
    assert len(decomposed) == 4 * 512
    assert read(reader, f"/posts/{quote(decomposed)}").status_code == 200
    assert reader("GET", f"/posts/{quote(decomposed + 'x')}").status_code == 404


def test_only_reading_is_allowed(reader: Api) -> None:
    answer = reader("POST", "/posts/a", json=a_post("a"))
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def _lasting(answer: httpx.Response) -> dict[str, str]:
    return {
        name: value
        for name, value in answer.headers.items()
        if name not in ("x-request-id", "date")
    }
