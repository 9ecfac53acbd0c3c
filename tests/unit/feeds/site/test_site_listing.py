"""The list of feeds: grouped by section, narrowed by language, then by tag."""

from services.feeds.site.listing import Form, Listing
from services.feeds.site.words import ENGLISH, KOREAN

BASE = "https://hub.example"
LISTING = Listing(ENGLISH, "City News", BASE)


def test_all_comes_first_and_holds_every_language() -> None:
    groups = LISTING.by_section([("archives", "ko"), ("news", "en-US"), ("news", "ko")])
    assert [(group.heading, [line.label for line in group.lines]) for group in groups] == [
        ("All posts", ["All languages", "English", "English (United States)", "Korean"]),
        ("Archives", ["All languages", "Korean"]),
        ("News", ["All languages", "English", "English (United States)", "Korean"]),
    ]


def test_without_posts_there_is_the_feed_of_all() -> None:
    (group,) = LISTING.by_section([])
    (line,) = group.lines
    assert line.title == "City News: All posts, All languages"
    assert line.language is None
    assert line.forms == (
        Form("RSS", "application/rss+xml", f"{BASE}/feeds/all.rss"),
        Form("Atom", "application/atom+xml", f"{BASE}/feeds/all.atom"),
        Form("JSON", "application/feed+json", f"{BASE}/feeds/all.json"),
    )


def test_a_feed_of_one_language_says_which() -> None:
    group = Listing(KOREAN, "서울", BASE).section("news", ["ko"])
    assert [(line.title, line.language, line.urls.rss) for line in group.lines] == [
        ("서울: 뉴스, 모든 언어", None, f"{BASE}/feeds/news.rss"),
        ("서울: 뉴스, 한국어", "ko", f"{BASE}/feeds/ko/news.rss"),
    ]


def test_a_tag_is_escaped_in_its_address_alone() -> None:
    (line,) = LISTING.by_tag(["한강/공원"]).lines
    assert line.title == "City News: Tags, 한강/공원"
    assert line.urls.atom == f"{BASE}/feeds/tag/%ED%95%9C%EA%B0%95%2F%EA%B3%B5%EC%9B%90.atom"
