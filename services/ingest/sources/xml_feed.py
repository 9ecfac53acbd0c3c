"""RSS and Atom of every version and in every state of repair, read by feedparser."""

import io
import mimetypes
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from time import struct_time
from typing import Any
from urllib.parse import urlsplit

import feedparser

from services.ingest.sources import entry_text
from services.ingest.sources.document import MOST_ENTRIES, Document, Entry, Unreadable
from shared.clock import rfc3339

# What may stand before a document's first element. UTF-16 and UTF-32 are read without their zeros.
_PROLOG = re.compile(rb"(?:\s|\xef\xbb\xbf|\xff\xfe|\xfe\xff|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_WEB_PAGE = re.compile(rb"<(!doctype\s+)?html\b", re.IGNORECASE)
_PROLOG_AT_MOST = 64 * 1024
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_OTHER = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


def read_xml_feed(body: bytes, media_type: str | None, address: str) -> Document:
    """Read a document; raises ``Unreadable`` for a DTD, a web page, and what is no feed."""
    _refuse_prolog(body)
    headers = {"content-location": address, "content-type": media_type or "application/xml"}
    try:
        parsed = feedparser.parse(
            io.BytesIO(body),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=True,
        )
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        # feedparser has no error of its own for what it trips over.
        raise Unreadable(f"it cannot be read ({type(error).__name__})") from error
    if not parsed.version and not parsed.entries:
        raise Unreadable(_why(parsed))
    feed = _plain_dict(parsed.feed)
    language = entry_text.language_of(feed.get("language"))
    home = entry_text.absolute(feed.get("link"), address) or address
    entries = (_entry(_plain_dict(each), address, home) for each in parsed.entries[:MOST_ENTRIES])
    return Document(
        entries=tuple(entries),
        language=language,
        wait=_wait(feed),
        hub=_link(feed, "hub", address),
        topic=_link(feed, "self", address),
    )


def _refuse_prolog(body: bytes) -> None:
    start = body[:_PROLOG_AT_MOST].replace(b"\0", b"")
    first = _PROLOG.sub(b"", start, count=1)
    if _WEB_PAGE.match(first):
        raise Unreadable("it is a web page, not a feed")
    if first[:9].upper() == b"<!DOCTYPE":
        raise Unreadable("it declares a DTD, which is refused")


def _why(parsed: Mapping[str, Any]) -> str:
    error = parsed.get("bozo_exception")
    return f"it is no feed ({error})" if error else "it is no feed"


def _plain_dict(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plain copy: feedparser's own maps old names to new ones, with warnings."""
    return dict(given.items())


def _entry(entry: dict[str, Any], address: str, home: str) -> Entry:
    link = entry_text.absolute(entry.get("link"), address)
    html, text, summary = _contents(entry)
    said = text or entry_text.plain(html or "")
    published, modified = _moment(entry, "published", "created"), _moment(entry, "updated")
    post = {
        "url": link or home,
        "title": _title(entry) or entry_text.title_from(summary or said),
        "summary": summary,
        "language": _language(entry),
        "content_html": html,
        "content_text": text,
        "image": _image(entry, address),
        "date_published": published or modified,
        "date_modified": modified if published else None,
        "authors": _authors(entry),
        "tags": _tags(entry),
        "attachments": list(_attachments(entry, address))[: entry_text.LIST],
        "license": _link(entry, "license", address),
        "rights": entry_text.cut(entry_text.plain(entry.get("rights") or ""), entry_text.RIGHTS),
    }
    kept = {name: value for name, value in post.items() if value not in (None, [])}
    return entry_text.entry(entry.get("id"), link, kept)


def _title(entry: Mapping[str, Any]) -> str | None:
    detail = entry.get("title_detail") or {}
    title = detail.get("value") or ""
    text = title if detail.get("type") == "text/plain" else entry_text.plain(title)
    return entry_text.cut(text, entry_text.TITLE)


def _contents(entry: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Return HTML, text and summary; a summary that stands alone is the content."""
    bodies = [body for body in entry.get("content") or [] if body.get("value")]
    html = next((body["value"] for body in bodies if body.get("type") != "text/plain"), None)
    text = next((body["value"] for body in bodies if body.get("type") == "text/plain"), None)
    detail = entry.get("summary_detail") or {}
    summary = detail.get("value") or None
    if summary is None or summary in (html, text):
        return html, text, None
    if html is None and text is None:
        return (
            (None, summary, None) if detail.get("type") == "text/plain" else (summary, None, None)
        )
    return html, text, entry_text.cut(entry_text.plain(summary), entry_text.SUMMARY)


def _moment(entry: Mapping[str, Any], *names: str) -> str | None:
    """Return the first date that feedparser understood; it reads one without a zone as UTC."""
    for name in names:
        parsed = entry.get(f"{name}_parsed")
        if isinstance(parsed, struct_time):
            try:
                return rfc3339(datetime(*parsed[:6], tzinfo=UTC))
            except ValueError:
                continue
    return None


def _language(entry: Mapping[str, Any]) -> str | None:
    details = [*(entry.get("content") or []), entry.get("title_detail") or {}]
    given = (entry_text.language_of(detail.get("language")) for detail in details)
    return next((language for language in given if language), None)


def _authors(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    given = [author.get("name") or "" for author in entry.get("authors") or []]
    if len(given) <= 1:
        # As it was written: feedparser cuts mail addresses under newer top domains in two.
        given = [entry.get("author") or ""]
    names = [entry_text.name_of(name) for name in given]
    return [{"name": name} for name in dict.fromkeys(names) if name][: entry_text.LIST]


def _tags(entry: Mapping[str, Any]) -> list[str]:
    terms = [tag.get("label") or tag.get("term") or "" for tag in entry.get("tags") or []]
    tags = [entry_text.cut(term, entry_text.TAG) for term in terms]
    return list(dict.fromkeys(tag for tag in tags if tag))[: entry_text.LIST]


def _image(entry: Mapping[str, Any], address: str) -> str | None:
    given = [*(entry.get("media_thumbnail") or []), entry.get("image") or {}]
    return next(
        (
            entry_text.absolute(image.get("url") or image.get("href"), address)
            for image in given
            if image.get("url") or image.get("href")
        ),
        None,
    )


def _attachments(entry: Mapping[str, Any], address: str) -> Iterator[dict[str, Any]]:
    """Yield enclosures, then what only Media RSS has; each address once."""
    seen: set[str] = set()
    enclosures = [link for link in entry.get("links") or [] if link.get("rel") == "enclosure"]
    for given in [*enclosures, *(entry.get("media_content") or [])]:
        url = entry_text.absolute(given.get("href") or given.get("url"), address)
        if url is None or url in seen:
            continue
        seen.add(url)
        title = entry_text.cut(given.get("title") or "", entry_text.TITLE)
        length = str(given.get("length") or given.get("filesize") or "")
        yield {
            "url": url,
            "mime_type": _media_type(given.get("type"), url),
            **({"title": title} if title else {}),
            **({"size_in_bytes": int(length)} if re.fullmatch(r"[1-9]\d{0,14}", length) else {}),
        }


def _media_type(given: object, url: str) -> str:
    if isinstance(given, str) and _MEDIA_TYPE.fullmatch(given):
        return given
    return mimetypes.guess_type(urlsplit(url).path)[0] or _OTHER


def _link(holder: Mapping[str, Any], rel: str, address: str) -> str | None:
    for link in holder.get("links") or []:
        if link.get("rel") == rel:
            return entry_text.absolute(link.get("href"), address)
    return None


def _wait(feed: Mapping[str, Any]) -> timedelta:
    """Return what ``ttl`` (minutes) or ``sy:updatePeriod`` ask for."""
    ttl = str(feed.get("ttl") or "").strip()
    minutes = int(ttl) if re.fullmatch(r"\d{1,6}", ttl) else 0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), timedelta())
    times = str(feed.get("sy_updatefrequency") or "").strip()
    frequency = int(times) if re.fullmatch(r"[1-9]\d{0,3}", times) else 1
    return max(timedelta(minutes=minutes), period / frequency)
