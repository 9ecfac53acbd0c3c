"""Conditional requests: what counts as having the document."""

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.documents import document
from services.feeds.serving.conditional import http_date, is_current

CHANGED = datetime(2026, 3, 1, 9, 30, 15, 250_000, tzinfo=UTC)
DOCUMENT = document(b"<feed/>", "application/atom+xml; charset=utf-8", CHANGED, 7)
TAG = DOCUMENT.etag
WHEN = "Sun, 01 Mar 2026 09:30:15 GMT"


def held(if_none_match: str | None, if_modified_since: str | None) -> bool:
    return is_current(TAG, CHANGED, if_none_match, if_modified_since)


def test_a_date_is_written_as_http_wants_it() -> None:
    assert http_date(CHANGED) == WHEN


@pytest.mark.parametrize(
    "tags",
    [TAG, f"W/{TAG}", f'"other", {TAG}', f'"other",W/{TAG} , "more"', "*", f" {TAG} ",
     TAG.removesuffix('"') + '-gzip"', TAG.removesuffix('"') + '-br"',
     TAG.removesuffix('"') + '-br-gzip"', "W/" + TAG.removesuffix('"') + '-gzip"'],
)  # fmt: skip
def test_who_names_the_tag_has_the_document(tags: str) -> None:
    assert held(tags, None)


@pytest.mark.parametrize(
    "tags", ["", '"other"', TAG.strip('"'), 'W/"other"', ",,,", '"', "W/", '"x,*,y"', '*, "x"']
)
def test_who_names_another_tag_has_not(tags: str) -> None:
    assert not held(tags, None)


def test_the_tag_beats_the_date() -> None:
    assert not held('"other"', WHEN)
    assert held(TAG, "Thu, 01 Jan 1970 00:00:00 GMT")


@pytest.mark.parametrize(
    ("date", "has"),
    [
        (WHEN, True),
        ("Sun, 01 Mar 2026 09:30:16 GMT", True),
        ("Sun, 01 Mar 2026 09:30:14 GMT", False),
        ("Sunday, 01-Mar-26 09:30:15 GMT", True),
        ("Sun Mar  1 09:30:15 2026", True),
        ("Sun Mar  1 09:30:14 2026", False),
        ("Sun, 01 Mar 2026 18:30:15 +0900", True),
        ("Sun, 01 Mar 2026 09:30:15 +0900", False),
        ("", False),
        ("yesterday", False),
        ("Sun, 32 Mar 2026 09:30:15 GMT", False),
        ("Sun, 01 Mar 99999999999999999999 09:30:15 GMT", False),
        ("Sun, 01 Mar 2026 09:30:15 +99999999999999", False),
    ],
)
def test_dates(date: str, has: bool) -> None:
    assert held(None, date) is has


def test_an_unconditional_request_wants_the_document() -> None:
    assert not held(None, None)


@given(st.text(), st.text())
def test_nonsense_is_never_an_error(tags: str, date: str) -> None:
    held(None, date)
    assert held(tags, date) is ("*" in {tag.strip() for tag in tags.split(",")})


@pytest.mark.parametrize("tag", ['"' + "-br" * 20_000 + 'x"', 'W/"' * 20_000, '"' * 60_000])
def test_a_header_made_to_be_slow_is_read_at_once(tag: str) -> None:
    began = process_time()
    assert not held(tag, None)
    assert process_time() - began < 1
