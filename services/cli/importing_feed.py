"""Rows from a feed of RSS or Atom: what a source would make of its entries."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from services.ingest.sources import identity
from services.ingest.sources.document import Unreadable
from services.ingest.sources.fetch import LIMIT
from services.ingest.sources.reading import read_feed
from shared import jsontext
from shared.errors import Malformed

_MARKS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def is_feed(start: bytes) -> bool:
    """Tell XML, in any Unicode encoding, from JSON."""
    return start.lstrip(_MARKS).startswith(b"<")


def feed_rows(
    body: bytes, media_type: str | None, address: str, defaults: Mapping[str, str], now: datetime
) -> Iterator[bytes]:
    """Yield the entries as posts in JSON text, the oldest first; raises ``Malformed``.

    ``address`` is where the feed was fetched, if it was. The same entry has the same id whenever
    it is imported.
    """
    if len(body) > LIMIT:
        raise Malformed(f"the feed has more than {LIMIT} bytes")
    try:
        document = read_feed(body, media_type, address)
    except Unreadable as error:
        raise Malformed(str(error)) from None
    known_as = (document.topic or address or "feed").encode(errors="replace")
    source = f"feed:{hashlib.sha256(known_as).hexdigest()[:12]}"
    section, language = defaults.get("section"), defaults.get("language")
    for entry in reversed(identity.without_repeats(document.entries)):
        post = identity.as_post(entry, document, section, language, now)
        said = {name: value for name, value in post.items() if value is not None}
        yield jsontext.dumps({"id": identity.post_id(source, entry), **said}).encode(
            errors="replace"
        )
