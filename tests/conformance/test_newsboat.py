"""newsboat, a reader on terminals, keeps of a feed what was posted; skipped where it is not there.

It reads RSS and Atom, no JSON Feed ("XML root node is NULL"). Of attachments it keeps the last
that can be played.
"""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from services.feeds.render.formats import Format, render
from services.feeds.render.identity import entry_uri
from services.feeds.render.snapshot import Entry
from tests.conformance.feed_documents import NAMES, snapshot
from tests.support.origin import running_origin

NEWSBOAT = shutil.which("newsboat")

pytestmark = pytest.mark.skipif(NEWSBOAT is None, reason="newsboat is not installed")

Kept = tuple[str, str, str, int, str, str]


@pytest.mark.parametrize("form", [Format.RSS, Format.ATOM])
@pytest.mark.parametrize("name", NAMES)
def test_newsboat_keeps_what_was_posted(name: str, form: Format, tmp_path: Path) -> None:
    shown = snapshot(name)

    assert _kept(render(form, shown), form, tmp_path) == {_expected(e) for e in shown.entries}


def _expected(entry: Entry) -> Kept:
    played = [("", "")] + [
        (file.url, file.mime_type)
        for file in entry.attachments
        if file.mime_type.startswith(("audio/", "video/"))
    ]
    moment = int(entry.published.timestamp())
    return (entry_uri(entry.id), entry.title, entry.url, moment, *played[-1])


def _kept(document: bytes, form: Format, folder: Path) -> set[Kept]:
    with running_origin() as origin:
        address = origin.page(f"/feed.{form}", document, content_type=form.media_type)
        (folder / "urls").write_text(f"{address}\n")
        (folder / "config").touch()
        cache = folder / "cache.db"
        subprocess.run(
            [
                str(NEWSBOAT),
                "-C",
                folder / "config",
                "-u",
                folder / "urls",
                "-c",
                cache,
                "-x",
                "reload",
            ],
            env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
            timeout=60,
        )
    with sqlite3.connect(cache) as database:
        rows = database.execute(
            "SELECT guid, title, url, pubDate, enclosure_url, enclosure_type FROM rss_item"
        ).fetchall()
    database.close()
    return set(rows)
