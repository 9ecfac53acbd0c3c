"""Entries and tombstones of a snapshot."""

from dataclasses import replace
from datetime import timedelta

from services.feeds.render.snapshot import Tombstone, entry_from
from shared.schema.post import Post
from tests.unit.feeds.render.samples import ARCHIVE, FULL, PLAIN, RICH, START, TRANSLATIONS, entry

KEPT = sorted(
    Post.model_fields.keys() - {"date_published", "date_modified", "embargo_until", "audience"}
)


def test_an_entry_carries_what_the_post_says() -> None:
    post = Post.model_validate(RICH)
    rich = entry(RICH, revision=3)

    for name in KEPT:
        assert getattr(rich, name) == getattr(post, name)
    assert (rich.revision, rich.published) == (3, START)
    assert rich.updated == START + timedelta(minutes=2)
    assert rich.translations == TRANSLATIONS[RICH["id"]]


def test_updated_is_never_before_published() -> None:
    early = entry_from(
        Post.model_validate(PLAIN),
        revision=1,
        published=START,
        updated=START - timedelta(days=1),
    )

    assert early.updated == START


def test_empty_text_is_absent() -> None:
    blank = entry({**ARCHIVE, "summary": "", "content_html": "", "content_text": "\x01"})

    assert (blank.summary, blank.content_html, blank.content_text) == (None, None, None)
    assert not blank.has_content
    assert blank.gist == ARCHIVE["title"]


def test_characters_that_sanitising_brought_back_are_removed() -> None:
    post = Post.model_validate(PLAIN).model_copy(update={"content_html": "<p>a\x01b\r\nc</p>"})

    made = entry_from(post, revision=1, published=START, updated=START)

    assert made.content_html == "<p>ab\nc</p>"


def test_gist_prefers_the_summary() -> None:
    assert entry({**ARCHIVE, "summary": "A map"}).gist == "A map"


def test_tombstones_are_shown_once_and_not_for_a_post_that_is_back() -> None:
    gone = Tombstone("gone", START)
    again = Tombstone("gone", START + timedelta(hours=1))
    back = Tombstone(PLAIN["id"], START)

    snapshot = replace(FULL, tombstones=(again, back, gone, again))

    assert snapshot.deleted == (again, gone)
