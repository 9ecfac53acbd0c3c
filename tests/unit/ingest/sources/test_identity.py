"""What a new entry is called, and what is sent on of it."""

from datetime import UTC, datetime

import pytest

from services.ingest.sources.document import Document, Entry
from services.ingest.sources.identity import as_post, digest, post_id, without_repeats

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINK = "https://city.example/news/1"


@pytest.mark.parametrize(
    ("guid", "link", "id"),
    [
        ("tag:city.example,2026:1", LINK, "tag:city.example,2026:1"),
        (None, LINK, LINK),
        ("12", LINK, "src_1:6b51d431df5d7f141cbececcf79edf3d"),
        ("12 at https://city.example", LINK, None),
        ("urn:" + "x" * 600, LINK, None),
        ("words:abc", None, None),
    ],
)
def test_an_id_that_means_the_same_everywhere_is_kept(
    guid: str | None, link: str | None, id: str | None
) -> None:
    made = post_id("src_1", Entry(guid, link, {}))
    assert made == id if id is not None else made.startswith("src_1:")
    assert made == post_id("src_1", Entry(guid, link, {}))


def test_the_first_of_repeated_entries_counts() -> None:
    entries = [
        Entry("a", LINK, {"title": "1"}),
        Entry("a", None, {"title": "2"}),
        Entry(None, LINK, {"title": "3"}),
        Entry(None, LINK, {"title": "4"}),
    ]
    assert [entry.post["title"] for entry in without_repeats(entries)] == ["1", "3"]


@pytest.mark.parametrize(
    ("own", "feed", "given", "language"),
    [
        ("ko", "en", "ja", "ko"),
        ("en", "en", "ko", "ko"),
        (None, "en", "ko", "ko"),
        (None, "en", None, "en"),
        (None, None, None, "und"),
    ],
)
def test_whose_word_counts_for_the_language(
    own: str | None, feed: str | None, given: str | None, language: str
) -> None:
    entry = Entry("a", LINK, {} if own is None else {"language": own})
    post = as_post(entry, Document((entry,), feed), "news", given, NOW)
    assert post == {"section": "news", "language": language}


def test_dates_in_the_future_are_left_out() -> None:
    dates = {"date_published": "2026-03-01T12:00:01Z", "date_modified": "2026-03-01T12:00:00Z"}
    entry = Entry("a", LINK, dates)
    post = as_post(entry, Document((entry,)), "news", "en", NOW)
    assert post == {
        "section": "news",
        "language": "en",
        "date_modified": "2026-03-01T12:00:00Z",
    }


def test_a_digest_tells_a_change_of_what_is_said_or_of_the_source() -> None:
    entry, changed = Entry("a", LINK, {"title": "1"}), Entry("a", LINK, {"title": "2"})
    digests = {
        digest(entry, "news", "en"),
        digest(changed, "news", "en"),
        digest(entry, "archives", "en"),
        digest(entry, "news", None),
    }
    assert len(digests) == 4
    assert digest(entry, "news", "en") == digest(Entry("b", None, {"title": "1"}), "news", "en")
