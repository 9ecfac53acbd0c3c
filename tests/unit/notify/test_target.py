"""May deliveries go to this URL?"""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from services.notify.target import vet
from shared.errors import InvalidEndpoint
from shared.settings import Settings

STRICT = Settings(allow_http=False, allowed_networks=())
PUBLIC = "93.184.215.14"


def resolves_to(*addresses: str) -> "Names":
    return Names(addresses)


class Names:
    """A resolver that gives every name the same addresses, and remembers what it was asked."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses


def refusal(url: str, settings: Settings = STRICT, resolver: Names | None = None) -> str:
    with pytest.raises(InvalidEndpoint) as caught:
        vet(url, settings, resolver or resolves_to(PUBLIC))
    (fault,) = caught.value.errors
    assert fault.field == "url"
    assert fault.value is None
    return fault.message


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/", "must be https (PABAL_ALLOW_HTTP admits plain http)"),
        ("ftp://hooks.example/", "must be an absolute http or https URL"),
        ("hooks.example", "must be an absolute http or https URL"),
        ("https://u:secret@hooks.example/", "must not hold a user name or password"),
        ("https://hooks.example:22/", "must not use port 22 (system port)"),
        ("https://hooks.example:6379/", "must not use port 6379 (Redis port)"),
        ("https://hooks.example:0/", "must not use port 0 (not a port)"),
        ("https://hooks.example:70000/", "must have a port from 0 to 65535, or none"),
        ("https://127.0.0.1/", "must not point into a private network (loopback)"),
        ("https://[::1]/", "must not point into a private network (loopback)"),
        ("https://2130706433/", "must not point into a private network (loopback)"),
        ("https://metadata.google.internal/", "must not point into a private network (local name)"),
    ],
)
def test_a_bad_url_is_refused_with_the_reason(url: str, reason: str) -> None:
    assert refusal(url) == reason


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        (["10.0.0.1"], "private network"),
        ([PUBLIC, "10.0.0.1"], "private network"),
        (["10.0.0.1", PUBLIC], "private network"),
        (["::ffff:127.0.0.1"], "loopback"),
        (["fe80::1%eth0"], "link-local"),
        (["64:ff9b::7f00:1"], "NAT64"),
        (["169.254.169.254"], "link-local"),
    ],
)
def test_a_name_is_refused_where_any_of_its_addresses_is_denied(
    addresses: list[str], reason: str
) -> None:
    said = refusal("https://hooks.example/", resolver=resolves_to(*addresses))
    assert said == f"resolves to an address that is not to be reached ({reason})"


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("HTTPS://Hooks.Example/Path?token=x", "https://hooks.example/Path?token=x"),
        ("https://hooks.example:8443/", "https://hooks.example:8443/"),
        ("https://한국.kr/훅", "https://xn--3e0b707e.kr/%ED%9B%85"),
    ],
)
def test_a_good_url_is_stored_as_ascii(url: str, stored: str) -> None:
    assert vet(url, STRICT, resolves_to(PUBLIC, "2606:4700::1111")) == stored


def test_a_name_that_does_not_resolve_just_now_is_taken() -> None:
    assert vet("https://hooks.example/", STRICT, resolves_to()) == "https://hooks.example/"


def test_the_name_that_will_be_dialled_is_the_one_that_is_asked_for() -> None:
    names = resolves_to(PUBLIC)
    vet("https://한국.KR:8443/", STRICT, names)
    assert names.asked == ["xn--3e0b707e.kr"]


def test_settings_admit_plain_http_and_private_networks() -> None:
    open_to = Settings(allow_http=True, allowed_networks=(ip_network("10.1.0.0/16"),))
    assert vet("http://hooks.example/", open_to, resolves_to("10.1.2.3")) == "http://hooks.example/"
    assert vet("http://10.1.2.3:8080/", open_to, resolves_to("10.1.2.3")) == "http://10.1.2.3:8080/"
    said = refusal("http://hooks.example/", open_to, resolves_to("10.2.0.1"))
    assert said == "resolves to an address that is not to be reached (private network)"
