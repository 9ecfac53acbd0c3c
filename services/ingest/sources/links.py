"""``Link`` headers (RFC 8288): where WebSub says its hub and topic first. Pure."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

_LINK = re.compile(
    r"<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~-]+\*?\s*(?:=\s*(?:\"[^\"]*\"|[^\s\",;]+))?)*)"
)
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)
_MOST = 8192


def first_link(header: str | None, rel: str, address: str) -> str | None:
    """Return the first link of a kind, absolute against ``address``.

    >>> first_link('</hub>; rel="hub", <https://a.example/f>; rel=self', "hub", "https://b.example/")
    'https://b.example/hub'
    """
    found = (target for target, kinds in _links(header or "") if rel in kinds)
    target = next(found, None)
    try:
        return None if target is None else urljoin(address, target)
    except ValueError:
        return None


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    for link in _LINK.finditer(header[:_MOST]):
        rel = _REL.search(link[2])
        yield link[1].strip(), ((rel[1] or rel[2] or "") if rel else "").lower().split()
