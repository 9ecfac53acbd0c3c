"""Entries of one moment are told apart by the letters of their dates."""

from dataclasses import replace
from datetime import datetime

import pytest
from lxml import etree

from services.feeds.render import atom
from services.feeds.render.snapshot import Entry
from tests.unit.feeds.render.samples import ARCHIVE, FULL, START, entry

NS = {"a": "http://www.w3.org/2005/Atom"}


def _of_one_moment(count: int) -> tuple[Entry, ...]:
    return tuple(entry({**ARCHIVE, "id": f"urn:x-n:{n}"}) for n in range(count))


def _updated(entries: tuple[Entry, ...]) -> list[str]:
    tree = etree.fromstring(atom.render(replace(FULL, entries=entries)))
    found: list[str] = tree.xpath("a:entry/a:updated/text()", namespaces=NS)
    return found


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "2026-03-01T09:00:00Z", "9999-12-31T23:59:59.999Z"]
)
def test_a_moment_can_be_written_in_56_ways(text: str) -> None:
    moment = datetime.fromisoformat(text)

    ways = [atom.same_moment(moment, n) for n in range(56)]

    assert len(set(ways)) == 56
    assert {datetime.fromisoformat(way) for way in ways} == {moment}
    assert ways[0] == text


def test_entries_of_one_moment_differ() -> None:
    texts = _updated(_of_one_moment(50))

    assert len(set(texts)) == 50
    assert {datetime.fromisoformat(text) for text in texts} == {START}
    assert texts[-3:] == [
        "2026-03-01T11:00:00+02:00", "2026-03-01T10:00:00+01:00", "2026-03-01T09:00:00Z",
    ]  # fmt: skip


def test_a_newer_entry_changes_no_older_one() -> None:
    older = _of_one_moment(3)
    newer = entry({**ARCHIVE, "id": "urn:x-n:new"})

    assert _updated((newer, *older))[1:] == _updated(older)


def test_a_title_that_looks_like_a_date_is_left_alone() -> None:
    date = "<updated>2026-03-01T09:00:00Z</updated>"
    entries = tuple(replace(made, title=date) for made in _of_one_moment(2))

    tree = etree.fromstring(atom.render(replace(FULL, entries=entries)))

    assert tree.xpath("a:entry/a:title/text()", namespaces=NS) == [date, date]
