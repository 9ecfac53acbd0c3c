"""Which post an entry is."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources.document import Entry
from services.ingest.sources.matching import Known, link_key, match

LINK = "https://city.example/news/1"
KNOWN = Known("p1", "g1", LINK, "Buses", "2026-03-01T00:00:00Z")


def entry(guid: str | None, link: str | None = LINK, **post: str) -> Entry:
    return Entry(guid, link, post)


def test_the_guid_tells_whatever_else_changed() -> None:
    assert match([KNOWN], [entry("g1", "https://else.example/", title="New")]) == ["p1"]


def test_the_address_tells_where_the_guid_changed_and_something_stayed() -> None:
    assert match([KNOWN], [entry("g2", title="Buses")]) == ["p1"]
    assert match([KNOWN], [entry("g2", date_published="2026-03-01T00:00:00Z")]) == ["p1"]
    assert match([KNOWN], [entry("g2", title="Trams")]) == [None]


def test_the_address_tells_where_there_is_no_guid() -> None:
    assert match([KNOWN], [entry(None, title="Trams")]) == ["p1"]
    assert match([Known("p1", None, LINK)], [entry("g1")]) == ["p1"]


def test_an_address_that_several_share_tells_nothing() -> None:
    twice = [entry("g2", title="Buses"), entry("g3", title="Buses")]
    assert match([KNOWN], twice) == [None, None]
    both = [KNOWN, Known("p2", "g2", LINK, "Buses")]
    assert match(both, [entry("g3", title="Buses")]) == [None]


def test_an_entry_found_by_its_guid_is_nobody_elses() -> None:
    known = [KNOWN]
    moved, new = entry("g1", "https://city.example/moved"), entry("g2", title="Buses")
    assert match(known, [moved, new]) == ["p1", None]


def test_what_a_move_changes_of_an_address() -> None:
    assert link_key("http://city.example/a/#top") == link_key("https://city.example/a")
    assert link_key("https://city.example/a") != link_key("https://city.example/b")
    assert link_key(None) is None


TEXT = st.none() | st.sampled_from(["a", "b", "c"])
ENTRIES = st.lists(st.builds(entry, TEXT, TEXT), max_size=6)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), ENTRIES)
def test_no_post_is_two_entries_of_different_guids(
    held: list[tuple[str | None, str | None]], entries: list[Entry]
) -> None:
    known = [Known(f"p{n}", guid, link, "Buses") for n, (guid, link) in enumerate(held)]
    found = match(known, entries)
    assert len(found) == len(entries)
    guids: dict[str, set[str | None]] = {}
    for one, post_id in zip(entries, found, strict=True):
        if post_id is not None:
            guids.setdefault(post_id, set()).add(one.guid)
    assert all(len(names) == 1 for names in guids.values())
