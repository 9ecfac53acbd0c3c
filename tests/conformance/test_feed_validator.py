"""The W3C feed validator has nothing to say, if ``FEEDVALIDATOR_SRC`` names its ``src`` folder.

Its code is no part of this project. It needs html5lib and rdflib on ``PYTHONPATH``.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from services.feeds.render.formats import Format, render
from services.feeds.render.snapshot import Snapshot
from tests.unit.feeds.render.samples import ARCHIVE, SNAPSHOTS, entry

SOURCE = os.environ.get("FEEDVALIDATOR_SRC")

_VALIDATE = """
import json, sys, urllib.error, urllib.parse, urllib.request
import feedvalidator
from feedvalidator.logging import Error, Warning
events = feedvalidator.validateString(sys.stdin.read(), base=sys.argv[1])["loggedEvents"]
json.dump([type(e).__name__ for e in events if isinstance(e, (Error, Warning))], sys.stdout)
"""

# The samples hold on purpose: tombstones (RFC 6721), an id with a scheme of its own, and a title
# that is plain text but looks like markup.
_EXPECTED = {
    ("full", Format.ATOM): {
        "UnknownNamespace", "SchemeNotIANARegistered", "ContainsUndeclaredHTML",
    },
    ("full", Format.RSS): {"ContainsHTML"},
}  # fmt: skip
_CASES = [(name, form) for name in SNAPSHOTS for form in (Format.RSS, Format.ATOM)]

pytestmark = pytest.mark.skipif(SOURCE is None, reason="FEEDVALIDATOR_SRC is not set")


@pytest.mark.parametrize(("name", "form"), _CASES)
def test_the_validator_finds_only_what_the_samples_provoke(name: str, form: Format) -> None:
    assert _messages(SNAPSHOTS[name], form) == _EXPECTED.get((name, form), set())


def test_the_validator_does_find_faults() -> None:
    broken = replace(entry(ARCHIVE), url="https://city.example/뉴스")

    assert "UriNotIri" in _messages(
        replace(SNAPSHOTS["archive-page"], entries=(broken,)), Format.RSS
    )


def _messages(snapshot: Snapshot, form: Format) -> set[str]:
    address = {Format.RSS: snapshot.links.own.rss, Format.ATOM: snapshot.links.own.atom}[form]
    path = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _VALIDATE, address],
        input=render(form, snapshot),
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(result.stdout))
