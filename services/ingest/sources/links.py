"""``Link`` headers (RFC 8288): where WebSub says its hub and topic first. Pure."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

_TOKEN, _VALUE = r"[\w!#$&+.^`|~-]+", r"\"[^\"]*\"|[^\s\",;]+"
_LINK = re.compile(rf"<([^>]*)>((?:\s*;\s*{_TOKEN}\*?\s*(?:=\s*(?:{_VALUE}))?)*)")
_PARAMETER = re.compile(rf";\s*({_TOKEN})\*?\s*(?:=\s*({_VALUE}))?")
_MOST = 8192


def first_link(header: str | None, rel: str, address: str) -> str | None:
    """Return the first link of a kind, absolute against ``address``.

    >>> first_link('</hub>; rel="hub", <https://a.example/f>; rel=self', "hub", "https://b.example/")
    'https://b.example/hub'
    """
    target = next((link for link, kinds in _links(header or "") if rel in kinds), None)
    try:
        return None if target is None else urljoin(address, target)
    except ValueError:
        return None


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    for link in _LINK.finditer(header[:_MOST]):
        # The first of each name counts (section 3.3).
        given: dict[str, str] = {}
        for name, value in _PARAMETER.findall(link[2]):
            given.setdefault(name.lower(), value.strip('"'))
        yield link[1].strip(), given.get("rel", "").lower().split()
