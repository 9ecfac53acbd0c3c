"""feedparser reads the titles, dates, ids and enclosures that were posted.

It knows no JSON Feed; the rules for that compare its values themselves.
"""

import io
from typing import Any

import feedparser
import pytest

from services.feeds.render.formats import Format
from services.feeds.render.identity import entry_uri
from services.feeds.render.snapshot import Entry
from tests.conformance.feed_documents import NAMES, documents

_VERSIONS = {Format.RSS: "rss20", Format.ATOM: "atom10"}


@pytest.mark.parametrize("form", _VERSIONS)
@pytest.mark.parametrize("name", NAMES)
def test_feedparser_reads_what_was_posted(name: str, form: Format) -> None:
    docs = documents(name)

    read = feedparser.parse(
        io.BytesIO(docs.raw[form]),
        response_headers={"content-type": form.media_type},
        sanitize_html=False,
        resolve_relative_uris=False,
    )

    assert not read.bozo, read.get("bozo_exception")
    assert read.version == _VERSIONS[form]
    assert [_found(entry) for entry in read.entries] == [
        _expected(entry) for entry in docs.snapshot.entries
    ]


def _found(entry: Any) -> dict[str, Any]:
    media = entry.get("media_content", [])
    return {
        "id": entry.id,
        "link": entry.link,
        "title": entry.title,
        "published": entry.published_parsed[:6],
        "updated": entry.updated_parsed[:6],
        "files": [(f["href"], f["type"]) for f in entry.get("enclosures", [])]
        + [(m["url"], m["type"]) for m in media],
    }


def _expected(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry_uri(entry.id),
        "link": entry.url,
        "title": entry.title,
        "published": entry.published.utctimetuple()[:6],
        "updated": entry.updated.utctimetuple()[:6],
        "files": [(file.url, file.mime_type) for file in entry.attachments],
    }
