"""Looks names up, without a slow name server holding the others, and vets what they mean."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from shared.netguard import (
    LOOPBACK,
    Address,
    Network,
    address_denied,
    host_denied,
    is_localhost,
    literal_address,
    port_denied,
)

Resolver = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives a name's addresses, best first. Raises ``OSError`` where there are none."""

_THREADS = 32


class Denied(Exception):
    """The guard does not admit the target; says why in words."""


async def vetted(
    host: str, port: int, allowed: Sequence[Network], resolver: Resolver
) -> Sequence[Address]:
    """Return the addresses that may be dialled for ``host``, best first: all are judged.

    Whoever connects dials these and asks nobody again. Raises ``Denied`` where the port, the
    host or any of its addresses is denied, and ``OSError`` where the name has no address.
    """
    reason = port_denied(port) or host_denied(host, allowed)
    if reason:
        raise Denied(reason)
    if is_localhost(host):
        return [one for one in LOOPBACK if not address_denied(one, allowed)]
    literal = literal_address(host)
    addresses = [literal] if literal else await resolver(host)
    if not addresses:
        raise OSError("the name has no address")
    for address in addresses:
        reason = address_denied(address, allowed)
        if reason:
            raise Denied(reason)
    return addresses


def system_addresses(host: str) -> list[Address]:
    """Ask the system, blocking. Raises ``OSError`` where there are no addresses."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as problem:  # a label that the IDNA codec does not take
        raise socket.gaierror(socket.EAI_NONAME, str(problem)) from problem
    return [ip_address(str(sockaddr[0])) for *_, sockaddr in found]


class ThreadedResolver:
    """The system's ``getaddrinfo`` in threads of its own.

    The event loop's default executor has a handful of threads, which as many names on a dead name
    server would occupy. Here a name holds one thread however often it is asked for, and nothing is
    remembered once it is answered: every connect sees the present addresses.
    """

    def __init__(self, lookup: Callable[[str], list[Address]] = system_addresses) -> None:
        """Start without threads; they come with the first look-ups."""
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")
        self._pending: dict[str, asyncio.Future[list[Address]]] = {}

    async def __call__(self, host: str) -> Sequence[Address]:
        """Return the addresses of ``host``, in the system's order (RFC 6724)."""
        lookup = self._pending.get(host)
        if lookup is None:
            loop = asyncio.get_running_loop()
            lookup = loop.run_in_executor(self._threads, self._lookup, host)
            self._pending[host] = lookup
            lookup.add_done_callback(lambda done: self._settle(host, done))
        return await asyncio.shield(lookup)

    def close(self) -> None:
        """Start no further look-ups; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _settle(self, host: str, lookup: asyncio.Future[list[Address]]) -> None:
        self._pending.pop(host, None)
        if not lookup.cancelled():
            lookup.exception()  # whoever asked may be gone, and asyncio complains of unread errors
