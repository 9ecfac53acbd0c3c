"""May deliveries go to this URL? Asked when an endpoint is made, and again at every connect."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.errors import FieldError, InvalidEndpoint
from shared.netguard import address_denied, port_denied
from shared.resolve import system_addresses
from shared.settings import Settings
from shared.urls import port_of, web_url

Resolve = Callable[[str], Sequence[str]]


def resolve(host: str) -> list[str]:
    """Return a name's addresses now; none where it does not resolve."""
    try:
        return sorted({str(address) for address in system_addresses(host)})
    except OSError:
        return []


def vet(url: str, settings: Settings, resolver: Resolve = resolve) -> str:
    """Return the URL as it is stored; raises ``InvalidEndpoint`` with the reason.

    A name that does not resolve just now is taken: every connect looks again.
    """
    try:
        ascii_url = web_url(url, allowed=settings.allowed_networks)
        parts = urlsplit(ascii_url)
        port = port_of(parts)
    except ValueError as error:
        raise _refused(str(error)) from None
    if parts.scheme == "http" and not settings.allow_http:
        raise _refused("must be https (PABAL_ALLOW_HTTP admits plain http)")
    reason = port_denied(port)
    if reason is not None:
        raise _refused(f"must not use port {port} ({reason})")
    for address in resolver(parts.hostname or ""):
        denied = address_denied(ip_address(address.split("%")[0]), settings.allowed_networks)
        if denied is not None:
            raise _refused(f"resolves to an address that is not to be reached ({denied})")
    return ascii_url


def _refused(reason: str) -> InvalidEndpoint:
    return InvalidEndpoint("check: url", [FieldError("url", reason)])
