"""The W3C feed validator at its strictest level, if ``FEEDVALIDATOR_SRC`` names its ``src`` folder.

Its code is no part of this project. It needs html5lib, rdflib and lxml on ``PYTHONPATH``. A file
of posts, one a line, is checked as well if ``PABAL_SEED`` names it.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.feeds.render.formats import Format, render
from services.feeds.render.snapshot import Snapshot
from tests.conformance.feed_documents import NAMES, snapshot
from tests.support import nasty, posted
from tests.unit.feeds.render.samples import ARCHIVE, ARCHIVED, entry

SOURCE = os.environ.get("FEEDVALIDATOR_SRC") or None
SEED = os.environ.get("PABAL_SEED") or None

# Level AAA: errors, warnings and what is said for information.
_VALIDATE = """
import json, sys, urllib.error, urllib.parse, urllib.request
import feedvalidator
from feedvalidator.compatibility import AAA
events = feedvalidator.validateString(sys.stdin.read(), base=sys.argv[1])["loggedEvents"]
json.dump([type(e).__name__ for e in AAA(events)], sys.stdout)
"""

TOMBSTONES = {"UnknownNamespace"}
"""What the validator says of RFC 6721, which it does not know."""

# One sample has an id with a scheme of its own, and a title in plain text that closes an element.
_PROVOKED = {
    ("full", Format.RSS): {"ContainsHTML"},
    ("full", Format.ATOM): {"SchemeNotIANARegistered", "ContainsUndeclaredHTML"},
}
_FEEDS = [name for name in NAMES if name != "provoking"]
_XML = [Format.RSS, Format.ATOM]

pytestmark = pytest.mark.skipif(SOURCE is None, reason="FEEDVALIDATOR_SRC is not set")


@pytest.mark.parametrize("form", _XML)
@pytest.mark.parametrize("name", _FEEDS)
def test_the_validator_finds_only_what_a_feed_means(name: str, form: Format) -> None:
    shown = snapshot(name)

    assert _messages(shown, form) == _about(shown, form) | _PROVOKED.get((name, form), set())


@pytest.mark.parametrize(
    ("post", "in_rss", "in_atom"),
    nasty.PROVOKING,
    ids=[post["url"].rpartition("/")[2] for post, *_ in nasty.PROVOKING],
)
def test_what_a_post_means_is_not_hidden(
    post: dict[str, Any], in_rss: set[str], in_atom: set[str]
) -> None:
    shown = posted.snapshot([posted.stored(post)])

    assert _messages(shown, Format.RSS) == in_rss
    assert _messages(shown, Format.ATOM) == in_atom


@pytest.mark.skipif(SEED is None, reason="PABAL_SEED is not set")
@pytest.mark.parametrize("form", _XML)
def test_the_validator_finds_nothing_in_a_publishers_posts(form: Format) -> None:
    lines = Path(SEED or "").read_text(encoding="utf-8").splitlines()
    shown = posted.snapshot([posted.stored(json.loads(line)) for line in lines])

    # An id that is a URI stands as it is, and publishers make schemes up.
    of_ids = {"SchemeNotIANARegistered"} if form is Format.ATOM else set()
    assert _messages(shown, form) <= of_ids


def test_the_validator_does_find_faults() -> None:
    broken = replace(entry(ARCHIVE), url="https://city.example/뉴스")

    assert "UriNotIri" in _messages(replace(ARCHIVED, entries=(broken,)), Format.RSS)


def _about(shown: Snapshot, form: Format) -> set[str]:
    return TOMBSTONES if form is Format.ATOM and shown.deleted else set()


def _messages(shown: Snapshot, form: Format) -> set[str]:
    path = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _VALIDATE, shown.links.own.of(form)],
        input=render(form, shown),
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(result.stdout))
