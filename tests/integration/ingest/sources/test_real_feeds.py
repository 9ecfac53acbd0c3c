"""feedparser's own test feeds through sources, if ``FEEDPARSER_SRC`` names its source folder.

They are no part of this project: over 2,000 documents, well-formed and broken, in many encodings.
"""

import os
from collections import Counter
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from services.ingest.sources import store
from services.ingest.sources.poll import AT_ONCE, poll_due
from shared.clock import utc_now
from shared.db import engine
from shared.db.ingest import event, post, source
from tests.integration.ingest.sources.conftest import LATER
from tests.support.origin import Origin

SOURCE = os.environ.get("FEEDPARSER_SRC")

pytestmark = [
    pytest.mark.skipif(SOURCE is None, reason="FEEDPARSER_SRC is not set"),
    pytest.mark.timeout(900),
]


def counted() -> dict[str, int]:
    """Count posts and events."""
    with engine.transaction() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (post, event)
        }


def poll_all(count: int, after: timedelta) -> None:
    """Poll every source once: those that were polled are due later than the others."""
    for _ in range(ceil(count / AT_ONCE)):
        poll_due(utc_now() + after)


def summary() -> tuple[Counter[str], Counter[str]]:
    """Return what became of documents and entries, and why what was refused was."""
    came, why = Counter[str](), Counter[str]()
    with engine.transaction() as connection:
        rows = connection.execute(select(source.c.last_error, source.c.last_report)).all()
    for row in rows:
        if row.last_error is not None:
            came["documents refused"] += 1
            why[f"document: {row.last_error.partition('(')[0].strip()}"] += 1
        report: dict[str, Any] = row.last_report or {}
        for name in ("stored", "unchanged", "refused", "elsewhere"):
            came[f"entries {name}"] += report.get(name, 0)
        for refusal in report.get("refusals", ()):
            for error in refusal["errors"]:
                why[f"entry: {error['field']}: {error['message']}"] += 1
    return came, why


@pytest.mark.usefixtures("database")
def test_all_of_them_are_taken_or_refused_and_none_twice(origin: Origin) -> None:
    files = sorted((Path(SOURCE or "") / "tests").rglob("*.xml"))
    assert len(files) > 2000
    with engine.transaction() as connection:
        for number, file in enumerate(files):
            url = origin.page(f"/{number}", file.read_bytes())
            store.create(connection, url, "news", "en", utc_now())
    poll_all(len(files), timedelta())
    first = counted()
    came, why = summary()
    print(f"{len(files)} documents", dict(came), *why.most_common(), sep="\n")
    assert came["entries stored"] == first["post"] == first["event"]
    assert "could not be taken in" not in " ".join(why)
    poll_all(len(files), LATER)
    again, _ = summary()
    assert counted() == first
    assert again["entries stored"] == 0
    assert again["entries unchanged"] == came["entries stored"] + came["entries unchanged"]
