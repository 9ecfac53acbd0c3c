"""The same state gives the same bytes: in any process, and in whatever order it is written."""

import hashlib
import os
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from services.feeds.render.formats import EntryWriter, Format, render, write_entry
from services.feeds.render.snapshot import Entry
from tests.conformance.feed_documents import NAMES, documents, snapshot

_DIGESTS = """
from tests.conformance.test_same_bytes import digests
print(digests())
"""
_SHOWN = snapshot("demo")
_WRITES = [(form, entry) for form in Format for entry in _SHOWN.entries]


def digests() -> str:
    """Return what tells whether every document is the same."""
    bodies = [documents(name).raw[form] for name in NAMES for form in Format]
    return " ".join(hashlib.sha256(body).hexdigest() for body in bodies)


def test_another_process_writes_the_same_bytes() -> None:
    elsewhere = {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "C"}

    result = subprocess.run(
        [sys.executable, "-c", _DIGESTS],
        env={**os.environ, **elsewhere},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert result.stdout.strip() == digests()


@settings(max_examples=20)
@given(st.permutations(_WRITES))
def test_the_order_of_writing_does_not_matter(order: list[tuple[Format, Entry]]) -> None:
    written = {(form, entry.id): write_entry(form, entry) for form, entry in order}

    for form in dict.fromkeys(form for form, _ in order):
        recalled = {entry.id: written[form, entry.id] for entry in _SHOWN.entries}
        assert render(form, _SHOWN, _recall(recalled)) == documents("demo").raw[form]


def _recall(written: dict[str, bytes]) -> EntryWriter:
    return lambda entry: written[entry.id]
