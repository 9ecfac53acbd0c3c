"""Take a source's entries in: new ones become posts, changed ones revisions, others nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.ingest.accept import accept
from services.ingest.sources import identity, seen
from services.ingest.sources.document import Document, Entry
from services.ingest.sources.matching import match
from services.ingest.sources.source import Source
from services.ingest.submit import Accepted, submit
from shared.errors import PabalError, StaleRevision
from shared.schema.post import Post
from shared.settings import Settings

ROWS_AT_ONCE = 200
REASONS = 20
"""Refusals that are kept for people to read."""


@dataclass(slots=True)
class Report:
    """What became of a document's entries."""

    stored: int = 0
    unchanged: int = 0
    refused: int = 0
    elsewhere: int = 0
    """Entries whose posts come from somebody else, or were withdrawn here."""
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, entry: Entry, refusal: PabalError) -> None:
        """Count an entry that cannot become a post, and keep the reason."""
        self.refused += 1
        if len(self.refusals) < REASONS:
            named = entry.guid or entry.link or str(entry.post.get("title"))
            errors = [{"field": fault.field, "message": fault.message} for fault in refusal.errors]
            told = {"entry": named[:200], "detail": refusal.detail, "errors": errors}
            self.refusals.append(told)

    def shown(self) -> dict[str, Any]:
        """Return what the API shows."""
        return {
            "stored": self.stored,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "elsewhere": self.elsewhere,
            "refusals": self.refusals,
        }


@dataclass(frozen=True, slots=True)
class _Candidate:
    post_id: str
    entry: Entry
    digest: str


def take(
    connection: Connection, source: Source, document: Document, settings: Settings, now: datetime
) -> Report:
    """Store what is new or changed in the caller's transaction; what vanished stays as it is."""
    report = Report()
    candidates = list(_news(connection, source, document, report))
    posts: list[tuple[_Candidate, Post]] = []
    for candidate in candidates:
        value = identity.as_post(candidate.entry, document, source.section, source.language, now)
        try:
            posts.append((candidate, accept({**value, "id": candidate.post_id}, settings)))
        except PabalError as refusal:
            report.refuse(candidate.entry, refusal)
    # The oldest first, as a feed is read from its foot: sequences follow the news.
    posts.reverse()
    for start in range(0, len(posts), ROWS_AT_ONCE):
        _store(connection, source.id, posts[start : start + ROWS_AT_ONCE], report, now)
    return report


def _news(
    connection: Connection, source: Source, document: Document, report: Report
) -> Iterator[_Candidate]:
    """Yield entries that are new or changed, and may become posts of this source."""
    entries = identity.without_repeats(document.entries)
    memory = seen.recall(connection, source.id, entries)
    known = match(memory.known, entries)
    ids = [
        id or identity.post_id(source.id, entry) for id, entry in zip(known, entries, strict=True)
    ]
    states = seen.states(connection, ids)
    for id, entry, held in zip(ids, entries, known, strict=True):
        digest = identity.digest(entry, source.section, source.language)
        if held is not None and memory.digests[held] == digest:
            report.unchanged += 1
        elif states.get(id) == "withdrawn" or (held is None and id in states):
            report.elsewhere += 1
        else:
            yield _Candidate(id, entry, digest)


def _store(
    connection: Connection,
    source_id: str,
    posts: Sequence[tuple[_Candidate, Post]],
    report: Report,
    now: datetime,
) -> None:
    outcomes = submit(connection, [post for _, post in posts], now, request_id=source_id)
    for (candidate, _), outcome in zip(posts, outcomes, strict=True):
        if isinstance(outcome, Accepted) and outcome.changed:
            report.stored += 1
        elif isinstance(outcome, Accepted | StaleRevision):
            report.unchanged += 1
        else:
            report.refuse(candidate.entry, outcome)
    taken = [
        (candidate.post_id, candidate.entry, candidate.digest)
        for (candidate, _), outcome in zip(posts, outcomes, strict=True)
        if isinstance(outcome, Accepted | StaleRevision)
    ]
    seen.remember(connection, source_id, taken)
