"""The guard denies every special address, in whatever spelling it comes."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.netguard import (
    Network,
    address_denied,
    host_denied,
    is_localhost,
    literal_address,
    port_denied,
)

# IANA special-purpose address registries, copied row by row, with the multicast blocks and what
# the registries have retired (6to4 relays, site-local, 6bone, IPv4-compatible).
SPECIAL_IPV4 = [
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32",
    "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
]  # fmt: skip
SPECIAL_IPV6 = [
    "::1/128", "::/128", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
    "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128",
    "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28",
    "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48",
    "3ffe::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
    "126.255.255.255", "128.0.0.0", "168.63.129.15", "169.253.255.255", "172.15.255.255",
    "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
    "203.0.112.255", "203.0.114.0", "223.255.255.255", "2001:200::", "2001:4860:4860::8888",
    "2003::", "2606:4700:4700::1111", "2a00:1450:4001:800::200e", "3ffd:ffff::1",
    "2001:db7:ffff::1", "2001:db9::", "2620:4f:7fff::1", "2620:4f:8001::1",
]  # fmt: skip


def in_network(text: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    return st.ip_addresses(network=text)


denied_ipv4 = st.one_of([st.ip_addresses(v=4, network=block) for block in SPECIAL_IPV4]).map(
    lambda address: IPv4Address(int(address))
)


@pytest.mark.parametrize("block", SPECIAL_IPV4 + SPECIAL_IPV6)
def test_every_special_block_is_denied_from_end_to_end(block: str) -> None:
    network = ip_network(block)
    assert address_denied(network[0])
    assert address_denied(network[-1])


@given(st.sampled_from(SPECIAL_IPV4 + SPECIAL_IPV6).flatmap(in_network))
def test_every_special_address_is_denied(address: IPv4Address | IPv6Address) -> None:
    assert address_denied(address)
    assert host_denied(str(address))


@given(st.ip_addresses(v=6).map(lambda address: IPv6Address(int(address))))
def test_no_ipv6_address_outside_global_unicast_is_admitted(address: IPv6Address) -> None:
    if address not in IPv6Network("2000::/3") and address.ipv4_mapped is None:
        assert address_denied(address)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_admitted_right_up_to_the_denied_blocks(text: str) -> None:
    assert address_denied(ip_address(text)) is None
    assert host_denied(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("10.1.2.3", "private network"),
        ("100.100.100.200", "carrier-grade NAT"),
        ("169.254.169.254", "link-local"),
        ("168.63.129.16", "cloud platform service"),
        ("192.0.0.192", "protocol assignments"),
        ("224.0.0.1", "multicast"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:1::1", "Teredo"),
        ("fd00:ec2::254", "private network"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "not global unicast"),
        ("2606:4700::1%eth0", "zone identifier"),
    ],
)
def test_the_reason_is_told_in_words(text: str, reason: str) -> None:
    assert address_denied(ip_address(text)) == reason


def short_forms(address: IPv4Address, split: int) -> tuple[list[int], int]:
    """Return the leading octets that stay apart, and the number that the rest makes."""
    octets = list(address.packed)
    return octets[:split], int.from_bytes(address.packed[split:], "big")


def spell(number: int, base: str) -> str:
    return {"decimal": f"{number}", "octal": f"0{number:o}", "hex": f"0x{number:x}"}[base]


@st.composite
def spellings(draw: st.DrawFn, addresses: st.SearchStrategy[IPv4Address]) -> tuple[str, str]:
    """Draw an address and one of the spellings that inet_aton and URL parsers take for it."""
    address = draw(addresses)
    leading, rest = short_forms(address, draw(st.integers(0, 3)))
    bases = st.sampled_from(["decimal", "octal", "hex"])
    text = ".".join(spell(number, draw(bases)) for number in [*leading, rest])
    if draw(st.booleans()):
        text = text.upper()
    if draw(st.booleans()):
        text = text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    dot = draw(st.sampled_from([".", "\uff0e", "\u3002", "\uff61"]))
    return str(address), text.replace(".", dot) + draw(st.sampled_from(["", ".", ".."]))


@given(spellings(denied_ipv4))
def test_every_spelling_of_a_denied_ipv4_address_is_denied(case: tuple[str, str]) -> None:
    _, spelling = case
    assert host_denied(spelling)


@given(spellings(st.integers(0, 2**32 - 1).map(IPv4Address)))
def test_every_spelling_means_the_address_that_it_spells(case: tuple[str, str]) -> None:
    address, spelling = case
    assert literal_address(spelling) == IPv4Address(address)


@given(
    denied_ipv4, st.sampled_from(["::ffff:{}", "[::ffff:{}]", "[::FFFF:{}]", "0:0:0:0:0:ffff:{}"])
)
def test_every_mapped_form_of_a_denied_ipv4_address_is_denied(
    address: IPv4Address, form: str
) -> None:
    high, low = int(address) >> 16, int(address) & 0xFFFF
    assert host_denied(form.format(address))
    assert host_denied(form.format(f"{high:x}:{low:x}"))
    assert address_denied(IPv6Address(f"::ffff:{address}"))


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0x7f000001", "017700000001", "127.0.0.1.",
        "[::1]", "::1", "[::]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[0:0:0:0:0:0:0:1]",
        "[::ffff:7f00:1]", "localhost", "LocalHost.", "a.localhost", "printer.local", "db.internal",
        "metadata.google.internal", "router.home.arpa", "local", "intranet", "redis", "0", "0x",
        "\u2460\u2461\u2466.1", "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54",
    ],
)  # fmt: skip
def test_local_hosts_are_denied(host: str) -> None:
    assert host_denied(host)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("", "empty host"),
        (".", "empty host"),
        ("1.2.3.256", "malformed address"),
        ("1.2.3.4.5", "malformed address"),
        ("4294967296", "malformed address"),
        ("256.1", "malformed address"),
        ("127.0x1000000", "malformed address"),
        ("08.8.8.8", "malformed address"),
        ("example.0x7f", "malformed address"),
        ("[::1", "malformed address"),
        ("::1::", "malformed address"),
        ("a b.example", "not a host name"),
        ("a..example", "not a host name"),
        ("127%2e0.0.a", "not a host name"),
        ("a/b.example", "not a host name"),
        ("x" * 64 + ".example", "not a host name"),
        ("x." * 126 + "ab", "not a host name"),
    ],
)
def test_malformed_hosts_are_denied(host: str, reason: str) -> None:
    assert host_denied(host) == reason


@pytest.mark.parametrize(
    "host",
    ["example.com", "Example.COM.", "hooks.partner.example", "a_b.example.org", "xn--3e0b707e.kr",
     "한국.kr", "localhost.example.com", "internal.example.com", "127.0.0.1.example.com", "1.com",
     "x." * 126 + "a"],
)  # fmt: skip
def test_other_names_are_left_to_the_dial(host: str) -> None:
    assert host_denied(host) is None
    assert literal_address(host) is None


def test_allowed_networks_admit_their_addresses_and_no_others() -> None:
    allowed: list[Network] = [IPv4Network("10.1.0.0/16"), IPv6Network("fd00::/8")]
    assert address_denied(ip_address("10.1.2.3"), allowed) is None
    assert address_denied(ip_address("::ffff:10.1.2.3"), allowed) is None
    assert address_denied(ip_address("fd12::1"), allowed) is None
    assert address_denied(ip_address("10.2.0.1"), allowed) == "private network"
    assert address_denied(ip_address("::ffff:10.2.0.1"), allowed) == "private network"
    assert address_denied(ip_address("::1"), allowed) == "loopback"


def test_an_allowed_mapped_network_is_the_ipv4_network_inside_it() -> None:
    allowed = [IPv6Network("::ffff:127.0.0.0/104")]
    assert address_denied(ip_address("127.0.0.1"), allowed) is None
    assert address_denied(ip_address("::ffff:127.0.0.1"), allowed) is None
    assert address_denied(ip_address("10.0.0.1"), allowed) == "private network"


def test_allowing_all_of_ipv6_does_not_admit_ipv4_in_disguise() -> None:
    assert address_denied(ip_address("::ffff:127.0.0.1"), [IPv6Network("::/0")]) == "loopback"
    assert address_denied(ip_address("127.0.0.1"), [IPv6Network("::/0")]) == "loopback"


@pytest.mark.parametrize("block", ["127.0.0.0/8", "127.0.0.1/32", "::1/128"])
def test_localhost_is_admitted_with_its_network(block: str) -> None:
    allowed = [ip_network(block)]
    assert host_denied("localhost", allowed) is None
    assert host_denied("a.localhost.", allowed) is None
    assert host_denied("localhost", [IPv4Network("10.0.0.0/8")]) == "loopback"


def test_local_names_are_judged_at_the_dial_where_any_network_is_allowed() -> None:
    allowed = [IPv4Network("172.18.0.0/16")]
    assert host_denied("receiver", allowed) is None
    assert host_denied("receiver.internal", allowed) is None
    assert host_denied("a..b", allowed) == "not a host name"
    assert host_denied("127.0.0.1", allowed) == "loopback"


def test_localhost_is_the_last_label() -> None:
    assert is_localhost("LOCALHOST.")
    assert is_localhost("a.localhost")
    assert not is_localhost("localhost.example")
    assert not is_localhost("notlocalhost")


@pytest.mark.parametrize("port", [80, 443, 1024, 3000, 8000, 8080, 8443, 32768, 54321, 65535])
def test_web_ports_are_admitted(port: int) -> None:
    assert port_denied(port) is None


@pytest.mark.parametrize(
    ("port", "reason"),
    [(0, "not a port"), (-1, "not a port"), (65536, "not a port"), (22, "system port"),
     (25, "system port"), (1023, "system port"), (6379, "Redis port"), (5432, "PostgreSQL port"),
     (11211, "memcached port")],
)  # fmt: skip
def test_other_services_ports_are_denied(port: int, reason: str) -> None:
    assert port_denied(port) == reason
