"""Mail as the outside writes it: addresses, and the server that takes our mail. Pure."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

import idna

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a0-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 255
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it goes over the wire: the domain in ASCII, the local part as it is."""

    local: str
    domain: str

    @property
    def international(self) -> bool:
        """Whether the server must speak SMTPUTF8 (RFC 6531)."""
        return not self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name that stands before it, which may be empty."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Server:
    """The SMTP server that takes our mail, and how it is spoken to."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ehlo: str | None = None


def address(text: str) -> Address:
    """Read an address; raises ``ValueError`` where no mail could be sent to it.

    The local part is a dot-atom (RFC 5321, section 4.1.2; RFC 6531 where it is not ASCII); quoted
    ones are refused, since hosts should not have any (RFC 5321, section 4.1.2).
    """
    local, at, domain = text.rpartition("@")
    plain = _LOCAL.fullmatch(local) and local.isprintable()
    if not at or not plain or len(local.encode()) > _LONGEST_LOCAL:
        raise ValueError("the part before the @ cannot be sent to")
    return Address(local, _ascii(domain))


def normal(text: str) -> str:
    """Return the form in which two spellings of one address are equal.

    >>> normal("Desk@Bücher.Example")
    'desk@xn--bcher-kva.example'
    """
    local, at, domain = text.rpartition("@")
    try:
        domain = _ascii(domain)
    except ValueError:
        domain = domain.casefold()
    return f"{local.casefold()}{at}{domain}"


def mailbox(text: str) -> Mailbox:
    """Read ``name <address>`` or an address alone; raises ``ValueError``."""
    found = _NAMED.fullmatch(text.strip())
    if found is None:
        return Mailbox("", address(text.strip()))
    name = found["name"].strip().removeprefix('"').removesuffix('"')
    return Mailbox(" ".join(name.split()), address(found["address"].strip()))


def server(url: str) -> Server:
    """Read ``smtp://user:password@host:port`` or ``smtps://``; raises ``ValueError``.

    Over ``smtp://`` STARTTLS is required, but for a host that is this machine, or where
    ``?tls=off`` says that it is not; ``?starttls`` requires it there too. ``?ehlo=`` gives the
    name that we greet by.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("must be smtp://user:password@host:port or smtps://") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("must be smtp://user:password@host:port or smtps://")
    wishes = parse_qs(parts.query, keep_blank_values=True)
    tls = wishes.pop("tls", ["starttls" if "starttls" in wishes else ""])[-1]
    ehlo = wishes.pop("ehlo", [None])[-1]
    if tls not in ("", "off", "starttls") or set(wishes) - {"starttls"}:
        raise ValueError("takes ?starttls, ?tls=off and ?ehlo=NAME")
    implicit = parts.scheme == "smtps"
    required = tls == "starttls" or (tls == "" and not _is_loopback(parts.hostname))
    return Server(
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        implicit_tls=implicit,
        starttls=required and not implicit,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        ehlo=ehlo,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ascii(domain: str) -> str:
    """Return a domain as DNS has it (RFC 5891), in lower case."""
    try:
        written = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError("the part after the @ cannot be written in ASCII") from None
    if not _DOMAIN.fullmatch(written) or ".." in written or len(written) > _LONGEST_DOMAIN:
        raise ValueError("the part after the @ is no host name")
    return written.lower()
