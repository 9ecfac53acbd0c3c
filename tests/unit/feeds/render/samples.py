"""Snapshots that the tests of rendering share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.feeds.render.snapshot import (
    Entry,
    Feed,
    Links,
    Snapshot,
    Tombstone,
    Translation,
    Urls,
    entry_from,
)
from shared.schema.post import Post

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HUB = "https://hub.example/"

RICH: dict[str, Any] = {
    "id": "seoulsolution:news:101",
    "url": "https://city.example/ko/news/101",
    "external_url": "https://press.example/report",
    "title": "AT&T와 <시민> 이야기 ]]> & 더",
    "section": "news",
    "language": "ko",
    "summary": "요약: 1 < 2 & 3 > 2",
    "content_html": '<p>본문 <a href="https://city.example/a?b=1&amp;c=2">링크</a> ]]&gt;</p>',
    "content_text": "본문 링크 ]]>",
    "image": "https://city.example/101.jpg",
    "banner_image": "https://city.example/101-wide.jpg",
    "authors": [
        {"name": "김하늘", "url": "https://city.example/kim"},
        {"name": "Lee"},
        {"url": "https://city.example/park"},
        {"avatar": "https://city.example/avatar.png"},
    ],
    "tags": ["교통", "R&D"],
    "attachments": [
        {
            "url": "https://city.example/files/plan.pdf",
            "mime_type": "application/pdf",
            "title": "계획서",
            "size_in_bytes": 12345,
        },
        {
            "url": "https://city.example/files/talk.mp3",
            "mime_type": "audio/mpeg",
            "title": "강연 & 토론",
            "size_in_bytes": 678,
            "duration_in_seconds": 61.5,
        },
        {"url": "https://city.example/files/raw.bin", "mime_type": "application/octet-stream"},
    ],
    "translation_of": "뉴스 101 (en)",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "rights": "© 서울시 & 기여자",
    "_city": {"district": "마포", "order": 1},
}
PLAIN: dict[str, Any] = {
    "id": "뉴스 101 (en)",
    "url": "https://city.example/en/news/101",
    "title": "Citizens & <b>AT&amp;T</b>",
    "section": "news",
    "language": "en",
    "content_text": "First line <b>\nsecond & last",
    "license": "https://www.kogl.or.kr/info/license.do",
}
ARCHIVE: dict[str, Any] = {
    "id": "https://city.example/archives/7",
    "url": "https://city.example/archives/7",
    "title": "Metro map, 1974",
    "section": "archives",
    "language": "en",
    "attachments": [
        {"url": "https://city.example/files/map.tiff", "mime_type": "image/tiff"},
    ],
}
TRANSLATIONS = {
    RICH["id"]: (
        Translation(PLAIN["id"], "en", PLAIN["url"]),
        Translation("ja-101", "ja", "https://city.example/ja/news/101"),
    ),
    PLAIN["id"]: (Translation(RICH["id"], "ko", RICH["url"]),),
}


def entry(document: dict[str, Any], *, age_hours: int = 0, revision: int = 1) -> Entry:
    """Return the entry of a post, published so many hours before the start."""
    published = START - timedelta(hours=age_hours)
    return entry_from(
        Post.model_validate(document),
        revision=revision,
        published=published,
        updated=published + timedelta(minutes=revision - 1),
        translations=TRANSLATIONS.get(document["id"], ()),
    )


def urls(name: str) -> Urls:
    """Return a document's addresses in the three formats."""
    return Urls(*(f"{HUB}feeds/{name}.{extension}" for extension in ("rss", "atom", "json")))


def links(name: str, **more: Any) -> Links:
    """Return the links of a public document."""
    return Links(**{"home": HUB, "own": urls(name), "hub": f"{HUB}websub", **more})


FULL = Snapshot(
    feed=Feed(HUB, "City & Co"),
    links=links("all", older=urls("archive/all/3")),
    updated=START,
    entries=(entry(RICH, revision=3), entry(PLAIN, age_hours=1), entry(ARCHIVE, age_hours=2)),
    tombstones=(
        Tombstone("gone:1", START - timedelta(hours=5)),
        Tombstone("삭제된 글", START - timedelta(hours=6)),
    ),
)
EMPTY = Snapshot(
    feed=Feed(HUB, "서울정책아카이브", section="news", language="ko"),
    links=Links(home=HUB, own=urls("ko/news")),
    updated=START,
)
ARCHIVED = Snapshot(
    feed=Feed(HUB, "City", section="archives", language="en", tag="metro"),
    links=links(
        "archive/3",
        older=urls("archive/2"),
        newer=urls("archive/4"),
        current=urls("archives"),
    ),
    updated=START - timedelta(hours=2),
    entries=(entry(ARCHIVE, age_hours=2),),
)
SNAPSHOTS = {"full": FULL, "empty": EMPTY, "archive-page": ARCHIVED}
