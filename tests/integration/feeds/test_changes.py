"""What revisions, withdrawals and translations do to feeds."""

from email.utils import parsedate_to_datetime

import pytest

from shared.clock import utc_now
from tests.integration.feeds.scenes import (
    a_post,
    atom,
    ids,
    item,
    published,
    rss,
    sent,
    tombstones,
    translations,
    validators,
    withdrawn,
)
from tests.support.polling import until
from tests.support.session import Api, settle


def test_a_withdrawn_post_is_gone_and_says_so(admin: Api) -> None:
    published(admin, "a")
    published(admin, "b")
    withdrawn(admin, "a")
    for feed in ("/feeds/all", "/feeds/news", "/feeds/en/news"):
        assert ids(admin, feed) == ["b"]
        assert tombstones(admin, feed) == ["a"]
    assert "Title of a" not in str(rss(admin, "/feeds/news").xpath("string()"))


def test_a_withdrawal_moves_every_validator(admin: Api) -> None:
    published(admin, "a")
    published(admin, "b")
    before = validators(admin, "/feeds/news")
    _in_the_next_second(before)
    withdrawn(admin, "a")
    _all_moved(before, validators(admin, "/feeds/news"))


def test_a_restored_post_is_back_and_no_longer_a_tombstone(admin: Api) -> None:
    published(admin, "a")
    withdrawn(admin, "a")
    restored = published(admin, "a")
    assert restored["_pabal"]["state"] == "published"
    assert ids(admin, "/feeds/news") == ["a"]
    assert tombstones(admin, "/feeds/news") == []
    withdrawn(admin, "a")
    assert tombstones(admin, "/feeds/news") == ["a"]


def test_a_scheduled_post_that_is_withdrawn_leaves_no_tombstone(admin: Api) -> None:
    published(admin, "later", date_published="2999-01-01")
    withdrawn(admin, "later")
    assert tombstones(admin, "/feeds/all") == []


def test_a_restricted_post_that_is_withdrawn_leaves_no_public_tombstone(admin: Api) -> None:
    published(admin, "closed", audience=["harbour"])
    withdrawn(admin, "closed")
    assert tombstones(admin, "/feeds/all") == []


def test_a_revision_moves_updated_and_keeps_the_place(admin: Api) -> None:
    published(admin, "a")
    published(admin, "b", date_published="2026-03-02T09:00:00+09:00")
    published(admin, "a", title="Better", date_modified="2026-03-05T09:00:00Z")
    assert ids(admin, "/feeds/all") == ["b", "a"]
    entry = item(admin, "/feeds/all", "a")
    assert entry["title"] == "Better"
    assert entry["date_published"] == "2026-03-01T00:00:00Z"
    assert entry["date_modified"] == "2026-03-05T09:00:00Z"
    assert entry["_pabal"]["revision"] == 2
    updated = [one.findtext("{*}updated") for one in atom(admin, "/feeds/all").iter("{*}entry")]
    assert updated == ["2026-03-02T00:00:00Z", "2026-03-05T09:00:00Z"]


def test_a_post_that_changes_section_changes_both_feeds(admin: Api) -> None:
    published(admin, "a", tags=["old"])
    before = {feed: validators(admin, feed) for feed in ("/feeds/news", "/feeds/tag/old")}
    _in_the_next_second(before["/feeds/news"])
    published(admin, "a", section="archives", tags=["new"])
    assert ids(admin, "/feeds/archives") == ids(admin, "/feeds/tag/new") == ["a"]
    for feed, validators_then in before.items():
        assert ids(admin, feed) == []
        _all_moved(validators_then, validators(admin, feed))


@pytest.mark.parametrize("first", ["ko", "en"])
def test_a_pair_is_linked_both_ways_whichever_comes_first(admin: Api, first: str) -> None:
    fields = {"ko": {"language": "ko", "translation_of": "en"}, "en": {"language": "en"}}
    for id in (first, "en" if first == "ko" else "ko"):
        published(admin, id, **fields[id])
    assert translations(admin, "/feeds/ko/news", "ko") == ["en"]
    assert translations(admin, "/feeds/en/news", "en") == ["ko"]
    assert translations(admin, "/feeds/all", "en") == ["ko"]


def test_translations_of_one_post_are_linked_with_each_other(admin: Api) -> None:
    sent(admin, "en")
    for language in ("ko", "ja"):
        sent(admin, language, language=language, translation_of="en")
    settle()
    assert translations(admin, "/feeds/ko/all", "ko") == ["en", "ja"]


@pytest.mark.parametrize("first", ["ko", "en"])
def test_two_posts_may_each_name_the_other(admin: Api, first: str) -> None:
    second = "en" if first == "ko" else "ko"
    published(admin, first, language=first, translation_of=second)
    before = validators(admin, f"/feeds/{first}/news")
    _in_the_next_second(before)
    published(admin, second, language=second, translation_of=first)
    for language, other in ((first, second), (second, first)):
        assert translations(admin, f"/feeds/{language}/news", language) == [other]
        assert translations(admin, "/feeds/all", language) == [other]
    _all_moved(before, validators(admin, f"/feeds/{first}/news"))
    withdrawn(admin, second)
    assert translations(admin, "/feeds/all", first) == []


def test_a_translation_of_a_translation_is_linked_with_it(admin: Api) -> None:
    sent(admin, "ja", language="ja", translation_of="en")
    sent(admin, "en", translation_of="ko")
    sent(admin, "ko", language="ko")
    settle()
    assert translations(admin, "/feeds/all", "ja") == ["en"]
    assert translations(admin, "/feeds/all", "en") == ["ja", "ko"]
    assert translations(admin, "/feeds/all", "ko") == ["en"]
    # An entry is the same wherever it stands.
    assert translations(admin, "/feeds/ja/all", "ja") == ["en"]


@pytest.mark.parametrize("gone", ["ko", "en"])
def test_a_withdrawn_translation_leaves_its_siblings_feed(admin: Api, gone: str) -> None:
    left = "en" if gone == "ko" else "ko"
    published(admin, "en")
    published(admin, "ko", language="ko", translation_of="en")
    before = validators(admin, f"/feeds/{left}/news")
    _in_the_next_second(before)
    withdrawn(admin, gone)
    assert translations(admin, f"/feeds/{left}/news", left) == []
    _all_moved(before, validators(admin, f"/feeds/{left}/news"))


@pytest.mark.parametrize(
    "change",
    [{"audience": ["harbour"]}, {"translation_of": "other"}, {"language": "ja"}],
    ids=["restricted", "another's", "in another language"],
)
def test_a_translation_that_changes_moves_its_siblings_feed(
    admin: Api, change: dict[str, object]
) -> None:
    published(admin, "en")
    published(admin, "ko", language="ko", translation_of="en")
    before = validators(admin, "/feeds/en/news")
    _in_the_next_second(before)
    published(admin, "ko", **{"language": "ko", "translation_of": "en", **change})
    expected = ["ko"] if change == {"language": "ja"} else []
    assert translations(admin, "/feeds/en/news", "en") == expected
    _all_moved(before, validators(admin, "/feeds/en/news"))


def test_a_translation_that_is_only_corrected_leaves_its_siblings_feed_alone(admin: Api) -> None:
    published(admin, "en")
    published(admin, "ko", language="ko", translation_of="en")
    before = validators(admin, "/feeds/en/news")
    published(admin, "ko", language="ko", translation_of="en", title="Corrected")
    assert validators(admin, "/feeds/en/news") == before


def test_a_restricted_translation_is_not_named(admin: Api) -> None:
    published(admin, "en")
    published(admin, "ko", language="ko", translation_of="en", audience=["harbour"])
    assert translations(admin, "/feeds/en/news", "en") == []


def test_of_several_states_in_one_batch_only_the_last_is_shown(admin: Api) -> None:
    rows = [a_post("a", title="One"), a_post("a", title="Two"), a_post("a", section="archives")]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == 3
    settle()
    assert ids(admin, "/feeds/news") == []
    assert ids(admin, "/feeds/archives") == ["a"]
    assert item(admin, "/feeds/archives", "a")["_pabal"]["revision"] == 3


def _in_the_next_second(before: list[tuple[str, str]]) -> None:
    """Wait until Last-Modified, which counts seconds, can tell a change."""
    last = max(parsedate_to_datetime(modified) for _, modified in before)
    until(lambda: utc_now().replace(microsecond=0) > last, "the next second")


def _all_moved(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> None:
    for (etag, modified), (etag_after, modified_after) in zip(before, after, strict=True):
        assert etag != etag_after
        assert modified != modified_after
