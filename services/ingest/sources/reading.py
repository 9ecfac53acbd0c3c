"""From a fetched body to entries. Pure: (bytes, media type, address) -> document."""

from services.ingest.sources.document import Document, Unreadable
from services.ingest.sources.json_feed import read_json_feed
from services.ingest.sources.xml_feed import read_xml_feed


def read_feed(body: bytes, media_type: str | None, address: str) -> Document:
    """Read RSS, Atom or JSON Feed; relative links are read against ``address``.

    Raises ``Unreadable``.
    """
    if not body.strip(b"\0 \t\r\n"):
        raise Unreadable("the document is empty")
    if _is_json(body, media_type):
        return read_json_feed(body, address)
    return read_xml_feed(body, media_type, address)


def _is_json(body: bytes, media_type: str | None) -> bool:
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return start == b"{" or ("json" in (media_type or "") and start != b"<")
