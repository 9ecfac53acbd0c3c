"""Permanent URIs for entries and feeds, whatever host serves them (RFC 4287, section 4.2.6)."""

import json
import re
from uuid import UUID, uuid5

from services.feeds.render.snapshot import Feed

# Never change these: every id that was not a URI itself, and every feed id, hangs on them.
_ENTRIES = UUID("030d011c-a5ba-4efe-95d1-c48d8d074792")
_FEEDS = UUID("ec8c17a6-0067-43d2-931a-bfca469b7781")

SECTION_SCHEME = "urn:uuid:07f02f24-14c7-4e8c-88fc-8eee30abc5ac"
"""The categorisation scheme whose terms are sections; tags have none."""

_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_AFTER_PATH = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\](?::\d*)?|{_PCHAR}*)"
_GENERIC = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_HOST}(?:/|$|(?=[?#])))?"
    rf"(?:{_PCHAR}|/)*{_AFTER_PATH}"
)
_BY_SCHEME = {
    "http": re.compile(r"[^:]+://[^/?#].*"),
    "https": re.compile(r"[^:]+://[^/?#].*"),
    # RFC 4151, section 2.1.
    "tag": re.compile(r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:.*"),
    # RFC 8141, section 2, without the components that follow the name.
    "urn": re.compile(
        r"urn:(?!uuid:)[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]:[^/?#]+"
        r"|urn:uuid:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        re.IGNORECASE,
    ),
}
_ANYTHING = re.compile(r".+")


def entry_uri(post_id: str) -> str:
    """Return the URI of a post's entry: its id if that is an absolute URI, else a ``urn:uuid:``.

    >>> entry_uri("seoulsolution:news:x")
    'seoulsolution:news:x'
    """
    return post_id if _is_uri(post_id) else f"urn:uuid:{uuid5(_ENTRIES, post_id)}"


def feed_uri(feed: Feed) -> str:
    """Return the URI that names a feed, the same in each of its documents and archive pages."""
    name = [feed.origin, feed.partner, feed.section, feed.language, feed.tag]
    return f"urn:uuid:{uuid5(_FEEDS, json.dumps(name))}"


def _is_uri(text: str) -> bool:
    """Tell whether text is an RFC 3986 URI that names something by the rules of its scheme."""
    scheme, _, rest = text.partition(":")
    form = _BY_SCHEME.get(scheme.lower(), _ANYTHING)
    return bool(rest and _GENERIC.fullmatch(text) and form.fullmatch(text))
