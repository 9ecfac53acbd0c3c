"""URLs: http(s) only, stored as ASCII (RFC 3986; IRIs by RFC 3987, section 3.1)."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import idna

from shared.netguard import host_denied

MAX_URL = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}
ANYWHERE = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
"""Admits every host: for links in a text, which the hub itself never follows."""

# Reserved and unreserved characters of RFC 3986 and "%", so that escapes stay as they are.
_SAFE = "%!$&'()*+,;=:@/~-._"
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def web_url(
    text: str, *, allowed: Sequence[IPv4Network | IPv6Network] = (), base: str | None = None
) -> str:
    """Return an absolute http(s) URL in ASCII; a relative one is read against ``base``.

    Raises ``ValueError`` with the reason: another scheme, no host, user data, a private target
    that no network in ``allowed`` admits, or more than 2,048 characters.
    """
    parts = _split(text.strip(), base)
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("must be an absolute http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    host = _ascii_host(parts.hostname or "")
    reason = host_denied(host, allowed)
    if reason is not None:
        raise ValueError(f"must not point into a private network ({reason})")
    netloc = _netloc(host, _port(parts))
    path = _escaped(parts.path) or "/"
    query = _escaped(parts.query, also="?")
    fragment = _escaped(parts.fragment, also="?")
    url = urlunsplit((parts.scheme.lower(), netloc, path, query, fragment))
    if len(url) > MAX_URL:
        raise ValueError(f"must not be longer than {MAX_URL} characters")
    return url


def port_of(parts: SplitResult) -> int:
    """Return the port that an http(s) URL leads to: the one it names, or its scheme's own."""
    return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port


def _split(text: str, base: str | None) -> SplitResult:
    # What urllib says of a bad URL may hold user data, so it is said anew.
    try:
        return urlsplit(urljoin(base, text) if base else text)
    except ValueError:
        raise ValueError("has characters in its host name that no URL may hold") from None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("must have a port from 0 to 65535, or none") from None


def _ascii_host(host: str) -> str:
    if not host:
        raise ValueError("must name a host")
    try:
        if not host.isascii():
            return idna.encode(host, uts46=True).decode()
        for label in host.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except idna.IDNAError as error:
        raise ValueError(f"has a host name that cannot be written in ASCII ({error})") from None
    return host


def _escaped(part: str, also: str = "") -> str:
    """Escape what a URL may not hold; escapes stay as they are, a lone percent sign becomes one."""
    return quote(_LONE_PERCENT.sub("%25", part), safe=_SAFE + also)


def _netloc(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
