"""Which addresses, hosts and ports this hub may dial. Pure: nothing here resolves a name.

The standard library's ``is_private`` and ``is_global`` answer another question (NAT64, 6to4,
multicast and IPv4-compatible addresses are "global" to them), so the lists are written out here.
They follow the IANA special-purpose registries (RFC 6890) and hold every block of them, the
globally reachable ones too: none of those is a web server.

Two layers use this: the API refuses a bad URL at once with ``host_denied`` and ``port_denied``,
and whatever opens a connection calls ``address_denied`` for each address that it is about to dial.
Only the second one protects; the first one is a courtesy.
"""

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Address, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))

_IPV4_DENIED = {
    IPv4Network(block): reason
    for block, reason in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private network",
        "100.64.0.0/10": "carrier-grade NAT",
        "127.0.0.0/8": "loopback",
        "168.63.129.16/32": "cloud platform service",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private network",
        "192.0.0.0/24": "protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "AS112 sink",
        "192.52.193.0/24": "multicast tunnelling",
        "192.88.99.0/24": "6to4 relay",
        "192.168.0.0/16": "private network",
        "192.175.48.0/24": "AS112 sink",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
    }.items()
}
_IPV6_GLOBAL = IPv6Network("2000::/3")
_IPV6_MAPPED = IPv6Network("::ffff:0:0/96")
# The last part names blocks outside 2000::/3, which is denied as a whole, only for their reasons.
_IPV6_DENIED = {
    IPv6Network(block): reason
    for block, reason in {
        "2001::/32": "Teredo",
        "2001::/23": "protocol assignments",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "2620:4f:8000::/48": "AS112 sink",
        "3ffe::/16": "returned test network",
        "3fff::/20": "documentation",
        "::/128": "unspecified",
        "::1/128": "loopback",
        "::/96": "IPv4-compatible",
        "64:ff9b::/96": "NAT64",
        "64:ff9b:1::/48": "NAT64",
        "100::/64": "discard",
        "fc00::/7": "private network",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }.items()
}

# Names that no public DNS answers: RFC 6762, RFC 8375, and .internal (reserved by ICANN in 2024).
_LOCAL_SUFFIXES = ("local", "home.arpa", "internal")

_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_IPV4_PARTS = 4
_OCTET_MAX = 0xFF

_WEB_PORTS = frozenset({80, 443})
_LOWEST_OPEN_PORT = 1024
_HIGHEST_PORT = 65535
_SERVICE_PORTS = {
    1433: "SQL Server",
    1521: "Oracle",
    2049: "NFS",
    2181: "ZooKeeper",
    2375: "Docker",
    2376: "Docker",
    3306: "MySQL",
    3389: "remote desktop",
    5432: "PostgreSQL",
    5672: "AMQP",
    5900: "VNC",
    6000: "X11",
    6379: "Redis",
    6667: "IRC",
    9042: "Cassandra",
    9092: "Kafka",
    11211: "memcached",
    27017: "MongoDB",
}


def address_denied(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Return why ``address`` may not be dialled, in words, or ``None`` where it may.

    An IPv4-mapped IPv6 address counts as the IPv4 address inside it. ``allowed`` networks admit
    whatever lies in them. A zone identifier belongs to link-local addresses only (RFC 4007).
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None and not address.is_link_local:
            return "zone identifier"
        address = address.ipv4_mapped or address
    if any(address in _unmapped(network) for network in allowed):
        return None
    if isinstance(address, IPv4Address):
        return next((why for block, why in _IPV4_DENIED.items() if address in block), None)
    reason = next((why for block, why in _IPV6_DENIED.items() if address in block), None)
    return reason or (None if address in _IPV6_GLOBAL else "not global unicast")


def host_denied(host: str, allowed: Sequence[Network] = ()) -> str | None:
    """Return why a URL's host may not be dialled, in words, or ``None`` where it may be tried.

    Literal addresses are understood in every spelling that a resolver takes: dotted, short,
    decimal, octal or hexadecimal IPv4, and IPv6 with or without brackets and zone. What looks like
    a number but is no address is refused. ``localhost`` and names below it are loopback by
    definition (RFC 6761). Names without a dot and names below ``.local``, ``.home.arpa`` and
    ``.internal`` are refused unless some network is ``allowed``; they can then only mean a host
    in it, and like every other name they are judged by their addresses when they are dialled.
    """
    address = literal_address(host)
    if address is not None:
        return address_denied(address, allowed)
    name = _plain(host)
    if is_localhost(host):
        denied = all(address_denied(one, allowed) for one in LOOPBACK)
        return "loopback" if denied else None
    return _name_denied(name, local_admitted=bool(allowed))


def port_denied(port: int) -> str | None:
    """Return why ``port`` may not be dialled, in words, or ``None`` where it may.

    Below 1024 only 80 and 443 speak HTTP. Above, everything is open except the usual ports of
    well-known services that speak something else, or that trust whoever reaches them.
    """
    if not 0 < port <= _HIGHEST_PORT:
        return "not a port"
    if port < _LOWEST_OPEN_PORT and port not in _WEB_PORTS:
        return "system port"
    service = _SERVICE_PORTS.get(port)
    return f"{service} port" if service else None


def literal_address(host: str) -> Address | None:
    """Return the address that ``host`` spells out, or ``None`` where it is a name or malformed.

    IPv4 is read as ``inet_aton`` does: ``127.1``, ``2130706433``, ``0x7f.0.0.1``, ``0177.0.0.1``.
    """
    text = _plain(host)
    if ":" in text:
        return _ipv6(text)
    return _ipv4(text.split("."))


def is_localhost(host: str) -> bool:
    """Tell whether ``host`` is ``localhost`` or a name below it, which are loopback (RFC 6761)."""
    return _plain(host).rpartition(".")[2] == "localhost"


def _unmapped(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_IPV6_MAPPED):
        mapped = network.network_address.ipv4_mapped
        return IPv4Network((int(mapped or 0), network.prefixlen - _IPV6_MAPPED.prefixlen))
    return network


def _plain(host: str) -> str:
    """Fold case, compatibility forms of digits and dots, and trailing dots away."""
    text = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower()
    return text.rstrip(".")


def _ipv6(text: str) -> IPv6Address | None:
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return IPv6Address(text.replace("%25", "%", 1))
    except ValueError:
        return None


def _ipv4(parts: Sequence[str]) -> IPv4Address | None:
    numbers = [_number(part) for part in parts]
    if len(numbers) > _IPV4_PARTS or any(number is None for number in numbers):
        return None
    *leading, last = [number for number in numbers if number is not None]
    free_bits = 8 * (_IPV4_PARTS - len(leading))
    if any(number > _OCTET_MAX for number in leading) or last >= 1 << free_bits:
        return None
    prefix = int.from_bytes(bytes(leading), "big")
    return IPv4Address(prefix << free_bits | last)


def _number(part: str) -> int | None:
    if not _NUMBER.fullmatch(part):
        return None
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    base = 8 if part.startswith("0") else 10
    try:
        return int(part, base)
    except ValueError:
        return None


def _name_denied(name: str, *, local_admitted: bool) -> str | None:
    if not name:
        return "empty host"
    last_label = name.rpartition(".")[2]
    if ":" in name or _NUMBER.fullmatch(last_label):
        return "malformed address"
    if name.isascii() and not _HOST_NAME.fullmatch(name):
        return "not a host name"
    if local_admitted:
        return None
    if "." not in name:
        return "local name"
    local = any(name.endswith(f".{suffix}") or name == suffix for suffix in _LOCAL_SUFFIXES)
    return "local name" if local else None
