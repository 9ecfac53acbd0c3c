"""The hub's own processes: what they are told, and whether they serve (mostly pure)."""

import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import partial

import httpx

from services.embedded.child import Child
from services.embedded.errors import StartError
from services.embedded.secret_files import Secrets
from services.embedded.servers import Urls
from shared.settings import Settings

READY_SECONDS = 60.0
ANSWER_SECONDS = 2.0


def children(
    program: Sequence[str], environment: Mapping[str, str], local_url: str
) -> tuple[Child, ...]:
    """Describe the hub's processes: the web, the delivery engine, the worker and the beat.

    Args:
        program: The command line of the `pabal` command.
        environment: Their whole environment.
        local_url: Where the web process serves.
    """
    ready = partial(answers, f"{local_url}/readyz")
    commands = {"engine": ("deliver",), "worker": ("worker",), "beat": ("beat",)}
    web = Child(
        "web", (*program, "serve", "all"), environment, ready=ready, ready_within=READY_SECONDS
    )
    return (web, *(Child(name, (*program, *rest), environment) for name, rest in commands.items()))


def app_environment(
    base: Mapping[str, str], settings: Settings, made: Secrets, urls: Urls
) -> dict[str, str]:
    """Return the environment of the hub's processes: ``base``, and what they need to find all.

    What the settings give wins over what the hub made for itself.
    """
    given = settings.database_url, settings.broker_url, settings.bootstrap_key
    database, broker, key = (None if value is None else value.get_secret_value() for value in given)
    secret_keys = ",".join(key.get_secret_value() for key in settings.secret_keys)
    return {
        **base,
        "PABAL_DATABASE_URL": database or urls.database or "",
        "PABAL_BROKER_URL": broker or urls.broker or "",
        "PABAL_SECRET_KEYS": secret_keys or made.secret_key,
        "PABAL_BOOTSTRAP_KEY": key or made.admin_key,
        "PABAL_PUBLIC_URL": settings.base_url,
        "PABAL_HOST": settings.host,
        "PABAL_PORT": str(settings.port),
        "PABAL_HOME": str(settings.home),
    }


def local_url(settings: Settings) -> str:
    """Return the web process's address as seen from this machine."""
    try:
        address = ipaddress.ip_address(settings.host)
    except ValueError:
        return f"http://{settings.host}:{settings.port}"
    if address.is_unspecified:
        address = ipaddress.ip_address("::1" if address.version == 6 else "127.0.0.1")
    host = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{host}:{settings.port}"


def check_port(host: str, port: int) -> None:
    """Make sure that the web process will get its port.

    Raises:
        StartError: It is taken, or not ours to take.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise StartError(
            f"port {port} on {host} cannot be used ({error.strerror}); end the program that uses"
            f" it, or choose another port, such as PABAL_PORT={port + 1 if port < 65535 else 8080}"
        ) from error


async def answers(url: str) -> bool:
    """Say whether a URL answers 200."""
    # Plain http to this machine: by default each client would read all certificates.
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        async with httpx.AsyncClient(
            verify=no_certificates, trust_env=False, timeout=ANSWER_SECONDS
        ) as client:
            response = await client.get(url)
    except httpx.TransportError:
        return False
    return response.status_code == httpx.codes.OK
