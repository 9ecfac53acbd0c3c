"""Documents: validators that follow from the bytes."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from services.feeds.documents import document, rendered
from services.feeds.render.formats import Format, render
from tests.unit.feeds.render.samples import FULL

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_same_bytes_have_the_same_strong_tag() -> None:
    one = document(b"a", "text/plain", MOMENT, 1)
    other = document(b"a", "text/plain", MOMENT.replace(year=2027), 2)
    assert one.etag == other.etag
    assert re.fullmatch(r'"[0-9a-f]{32}"', one.etag)


def test_other_bytes_have_another_tag() -> None:
    assert document(b"a", "", MOMENT, 1).etag != document(b"b", "", MOMENT, 1).etag


def test_each_format_says_what_it_is() -> None:
    types = {form: rendered(form, FULL, 3).media_type for form in Format}
    assert types == {
        Format.RSS: "application/rss+xml; charset=utf-8",
        Format.ATOM: "application/atom+xml; charset=utf-8",
        Format.JSON: "application/feed+json; charset=utf-8",
    }


def test_a_document_is_as_new_as_its_snapshot() -> None:
    shown = rendered(Format.ATOM, FULL, 42)
    assert shown.last_modified == FULL.updated
    assert shown.as_of == 42


def test_entries_written_before_give_the_same_bytes() -> None:
    known = [replace(entry, mark=bytes([n] * 8)) for n, entry in enumerate(FULL.entries)]
    shown = replace(FULL, entries=tuple(known))
    for form in Format:
        for _ in range(2):
            assert rendered(form, shown, 1).body == render(form, FULL)


def test_a_state_is_written_by_its_mark() -> None:
    one = FULL.entries[0]
    first, second = (replace(one, title=title, mark=title.encode()) for title in ("a", "b"))
    written = [rendered(Format.JSON, replace(FULL, entries=(each,)), 1) for each in (first, second)]
    assert written[0].body != written[1].body
    assert [document.marks for document in written] == [(b"a",), (b"b",)]
