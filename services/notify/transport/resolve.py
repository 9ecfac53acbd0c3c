"""Looks names up without letting a slow name server hold the others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from shared.netguard import Address

Resolver = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives a name's addresses, best first. Raises ``OSError`` where there are none."""

_THREADS = 32


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
