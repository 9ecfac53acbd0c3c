"""What a post's page says of a post."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.feeds.render.snapshot import Entry
from services.feeds.site.view import Link, Sibling, View, When, view
from services.feeds.site.words import ENGLISH, KOREAN
from shared.schema.post import Attachment
from tests.unit.feeds.render.samples import ARCHIVE, PLAIN, RICH, entry

BASE = "https://hub.example"


def seen(shown: Entry) -> View:
    words = KOREAN if shown.language == "ko" else ENGLISH
    return view(shown, words, ZoneInfo("Asia/Seoul"), BASE)


def test_a_rich_post_is_told_in_full() -> None:
    shown = seen(entry(RICH, revision=3))
    assert shown.section == "뉴스"
    assert shown.published == When("2026-03-01T09:00:00Z", "2026년 3월 1일 18:00")
    assert shown.updated == When("2026-03-01T09:02:00Z", "2026년 3월 1일 18:02")
    assert shown.authors == (
        Link("김하늘", "https://city.example/kim"),
        Link("Lee", ""),
        Link("city.example", "https://city.example/park"),
    )
    assert shown.picture == "https://city.example/101.jpg"
    assert shown.body == RICH["content_html"]
    assert shown.attachments == (
        Link("계획서", "https://city.example/files/plan.pdf", "PDF, 12.3 KB"),
        Link("강연 & 토론", "https://city.example/files/talk.mp3", "MP3, 678 B"),
        Link("raw.bin", "https://city.example/files/raw.bin", "application/octet-stream"),
    )
    assert shown.translations == (
        Sibling(
            "en",
            "English",
            f"{BASE}/posts/%EB%89%B4%EC%8A%A4%20101%20%28en%29",
            "https://city.example/en/news/101",
        ),
        Sibling("ja", "日本語", f"{BASE}/posts/ja-101", "https://city.example/ja/news/101"),
    )
    assert shown.original == Link("원문 보기", RICH["url"], "city.example")
    assert shown.about == Link("관련 페이지", RICH["external_url"], "press.example")
    assert shown.license == Link("CC BY 4.0", RICH["license"])


def test_what_a_post_lacks_is_not_told() -> None:
    shown = seen(entry(ARCHIVE))
    assert shown.updated is None
    assert shown.picture is None
    assert shown.body == ""
    assert shown.about is None
    assert shown.license is None


def test_text_is_escaped_in_paragraphs() -> None:
    shown = seen(replace(entry(PLAIN), content_text="a <b>\nline\n\nnext & last"))
    assert shown.body == (
        '<p class="plain">a &lt;b&gt;\nline</p>\n<p class="plain">next &amp; last</p>'
    )


def test_a_picture_that_the_body_shows_is_not_shown_twice() -> None:
    picture = "https://city.example/p.jpg?a=1&b=2"
    body = '<p><img src="https://city.example/p.jpg?a=1&amp;b=2"></p>'
    shown = replace(entry(RICH), image=picture)
    assert seen(shown).picture == picture
    assert seen(replace(shown, content_html=body)).picture is None


def test_a_wide_picture_stands_in_for_a_main_one() -> None:
    assert seen(replace(entry(RICH), image=None)).picture == RICH["banner_image"]


def test_the_day_is_the_publishers() -> None:
    late = replace(entry(PLAIN), published=entry(PLAIN).published + timedelta(hours=6))
    assert seen(late).published.written == "March 2, 2026"


def test_text_runs_as_its_language_does() -> None:
    assert seen(entry(RICH)).direction == "ltr"
    assert seen(replace(entry(PLAIN), language="ar")).direction == "rtl"


def test_a_file_without_a_name_goes_by_its_host() -> None:
    bare = Attachment(url="https://city.example/", mime_type="text/plain")
    assert seen(replace(entry(PLAIN), attachments=(bare,))).attachments == (
        Link("city.example", "https://city.example/", "TXT"),
    )
