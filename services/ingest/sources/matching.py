"""Which post an entry is. Pure: (what is known, a document's entries) -> an id for each.

A source's entry is known by its guid. Where that changed, as on a move to another system, the
address tells, if it stood for one entry alone and the entry still says when it was published or
is titled as it was; an entry without a guid is known by its address.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.ingest.sources.document import Entry


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as it was seen before."""

    post_id: str
    guid: str | None
    link: str | None
    title: str | None = None
    published: str | None = None


def match(known: Iterable[Known], entries: Sequence[Entry]) -> list[str | None]:
    """Return the post of each entry, ``None`` for one that was never seen; no post twice."""
    held = list(known)
    by_guid = {one.guid: one for one in held if one.guid is not None}
    by_link = _alone(held)
    shared = Counter(link_key(entry.link) for entry in entries)
    found: list[str | None] = []
    taken: set[str] = {by_guid[entry.guid].post_id for entry in entries if entry.guid in by_guid}
    for entry in entries:
        one = by_guid.get(entry.guid) if entry.guid is not None else None
        if one is None:
            candidate = by_link.get(link_key(entry.link))
            alone = shared[link_key(entry.link)] == 1
            if candidate and alone and candidate.post_id not in taken and _same(candidate, entry):
                one = candidate
                taken.add(one.post_id)
        found.append(None if one is None else one.post_id)
    return found


def link_key(link: str | None) -> str | None:
    """Return what stays of an address when a site moves to https or drops a slash."""
    if not link:
        return None
    return link.partition("#")[0].removeprefix("https:").removeprefix("http:").rstrip("/")


def _alone(held: Sequence[Known]) -> Mapping[str | None, Known]:
    """Return what each address stands for, where it stands for one entry alone."""
    uses = Counter(link_key(one.link) for one in held)
    return {
        link_key(one.link): one
        for one in held
        if one.link is not None and uses[link_key(one.link)] == 1
    }


def _same(one: Known, entry: Entry) -> bool:
    if one.guid is None or entry.guid is None:
        return True
    return (one.title is not None and one.title == entry.post.get("title")) or (
        one.published is not None and one.published == entry.post.get("date_published")
    )
