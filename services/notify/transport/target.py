"""Where a request goes: URLs taken apart, requests put into bytes."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import httpx

from services.notify.transport.outcome import AttemptError, ErrorCode
from shared.urls import DEFAULT_PORTS

Header = tuple[bytes, bytes]

# RFC 3986, narrowed to what is dialled: an ASCII host or a bracketed address, then visible ASCII.
_URL = re.compile(
    r"(?P<scheme>https?)://(?:(?P<user>[0-9A-Za-z._~%!$&'()*+,;=:-]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+(?:%25[0-9A-Za-z._~-]+)?\]|[0-9A-Za-z._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!\"$->@-~]*)?(?P<query>\?[!\"$-~]*)?(?:#[!-~]*)?"
)

# Framing and routing belong to the transport, whatever a caller asks for.
_OWN_HEADERS = frozenset(
    b"host accept-encoding content-length connection keep-alive transfer-encoding te trailer"
    b" upgrade expect proxy-connection proxy-authorization".split()
)
_BODILESS_METHODS = frozenset({b"GET", b"HEAD"})


class Origin(NamedTuple):
    """What a connection belongs to (RFC 6454); a tuple, since every exchange hashes it."""

    secure: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Target:
    """A URL ready to be requested; ``preamble`` is what follows the method on the wire."""

    origin: Origin
    preamble: bytes
    authorization: bytes


@lru_cache(maxsize=16384)
def parse_target(url: str) -> Target:
    """Take a URL apart. Raises ``AttemptError`` (blocked) where it is not http or https."""
    match = _URL.fullmatch(url) or _URL.fullmatch(_normalised(url))
    if match is None:
        raise AttemptError(ErrorCode.BLOCKED, "not an http or https URL")
    scheme, host, port = match["scheme"], match["host"], match["port"]
    number = int(port or DEFAULT_PORTS[scheme])
    authority = host if number == DEFAULT_PORTS[scheme] else f"{host}:{number}"
    path = (match["path"] or "/") + (match["query"] or "")
    preamble = f" {path} HTTP/1.1\r\nhost: {authority}\r\naccept-encoding: identity\r\n"
    origin = Origin(scheme == "https", host.strip("[]").lower(), number)
    return Target(origin, preamble.encode("ascii"), _basic(match["user"]))


def encode_request(method: bytes, target: Target, headers: Iterable[Header], body: bytes) -> bytes:
    """Return a request's bytes; the headers that frame and route it are the transport's own.

    Raises ``ValueError`` where a header holds a line break or NUL and would forge another one.
    """
    lines = [b": ".join(header) for header in headers if header[0].lower() not in _OWN_HEADERS]
    if body or method not in _BODILESS_METHODS:
        lines.append(b"content-length: %d" % len(body))
    lines.append(b"\r\n")
    block = b"\r\n".join(lines)
    breaks = len(lines)
    if block.count(b"\n") != breaks or block.count(b"\r") != breaks or b"\0" in block:
        raise ValueError("a header holds a line break or NUL")
    return b"".join((method, target.preamble, block, body))


def _normalised(url: str) -> str:
    """Let httpx write international names and odd characters as ASCII."""
    try:
        return str(httpx.URL(url))
    except httpx.InvalidURL:
        return ""


def _basic(userinfo: str | None) -> bytes:
    """Return the header that a URL's ``user:password@`` stands for (RFC 7617), or nothing."""
    if not userinfo:
        return b""
    user, _, password = userinfo.partition(":")
    credentials = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return b"Basic " + base64.b64encode(credentials)
