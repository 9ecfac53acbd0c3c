"""The door to the formats, and what holds for all of them."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from services.feeds.render import atom, jsonfeed, rss
from services.feeds.render.formats import Format, render, write_entry
from services.feeds.render.snapshot import Entry
from tests.unit.feeds.render.samples import FULL, SNAPSHOTS
from tests.unit.feeds.render.write_golden import golden

# Without setlocale: the locale belongs to the whole process, and rendering must not switch it.
_IN_A_FRESH_PROCESS = """
import locale, sys
del locale.setlocale
from services.feeds.render.formats import Format, render
from tests.unit.feeds.render.samples import SNAPSHOTS
sys.stdout.buffer.write(b"".join(render(f, s) for s in SNAPSHOTS.values() for f in Format))
"""


@pytest.mark.parametrize(
    ("form", "media_type", "extension"),
    [
        (Format.RSS, "application/rss+xml; charset=utf-8", "rss"),
        (Format.ATOM, "application/atom+xml; charset=utf-8", "atom"),
        (Format.JSON, "application/feed+json; charset=utf-8", "json"),
    ],
)
def test_media_types(form: Format, media_type: str, extension: str) -> None:
    assert (form.media_type, form.extension) == (media_type, extension)


def test_each_format_has_its_renderer() -> None:
    assert render(Format.RSS, FULL) == rss.render(FULL)
    assert render(Format.ATOM, FULL) == atom.render(FULL)
    assert render(Format.JSON, FULL) == jsonfeed.render(FULL)


@pytest.mark.parametrize("form", Format)
def test_entries_written_before_give_the_same_document(form: Format) -> None:
    written = {entry.id: write_entry(form, entry) for entry in reversed(FULL.entries)}

    def recall(entry: Entry) -> bytes:
        return written[entry.id]

    assert render(form, FULL, recall) == render(form, FULL)


@pytest.mark.parametrize("form", Format)
def test_an_entry_does_not_depend_on_its_document(form: Format) -> None:
    other = replace(FULL, feed=replace(FULL.feed, language="ko", section="news"), tombstones=())

    assert all(write_entry(form, entry) in render(form, other) for entry in FULL.entries)


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_a_fresh_process_gives_the_same_bytes(seed: str) -> None:
    elsewhere = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Seoul", "LC_ALL": "C"}

    result = subprocess.run(
        [sys.executable, "-c", _IN_A_FRESH_PROCESS],
        env=elsewhere, capture_output=True, check=True, timeout=60,
    )  # fmt: skip

    expected = [golden(name, form).read_bytes() for name in SNAPSHOTS for form in Format]
    assert result.stdout == b"".join(expected)
