"""Opens connections, and only to addresses that the guard has seen."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from ipaddress import IPv6Address

from services.notify.transport.connection import Connection
from services.notify.transport.outcome import AttemptError, ErrorCode
from services.notify.transport.target import Origin
from shared.netguard import Address, Network
from shared.resolve import Denied, Resolver, vetted

# A name with several addresses may have dead ones: each gets this long, the last one all the rest.
_SECONDS_PER_ADDRESS = 3.0
_ADDRESSES_TRIED = 4


class Dialer:
    """Resolves, vets, connects and secures; all addresses of a name are judged at every dial."""

    def __init__(
        self, allowed: Sequence[Network], resolver: Resolver, ssl_context: ssl.SSLContext
    ) -> None:
        """Dial whatever the guard admits, and the ``allowed`` networks besides."""
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._ssl_context = ssl_context

    async def dial(self, origin: Origin) -> Connection:
        """Return a fresh connection to ``origin``.

        Raises ``AttemptError`` (blocked, dns, refused, timeout or tls), and ``OSError`` where this
        process has no file descriptors left, which is nobody's failure but its own.
        """
        addresses = await self._vetted(origin)
        sock = await _connect_any(addresses[:_ADDRESSES_TRIED], origin.port)
        return await self._wrap(sock, origin)

    async def _vetted(self, origin: Origin) -> Sequence[Address]:
        try:
            return await vetted(origin.host, origin.port, self._allowed, self._resolver)
        except Denied as denied:
            raise AttemptError(ErrorCode.BLOCKED, str(denied)) from None
        except OSError as problem:
            reason = problem.strerror or "the name has no address"
            raise AttemptError(ErrorCode.DNS, reason) from problem

    async def _wrap(self, sock: socket.socket, origin: Origin) -> Connection:
        loop = asyncio.get_running_loop()
        if not origin.secure:
            _, connection = await loop.create_connection(Connection, sock=sock)
            return connection
        name = origin.host.rstrip(".").replace("%25", "%", 1)
        try:
            _, connection = await loop.create_connection(
                Connection, sock=sock, ssl=self._ssl_context, server_hostname=name
            )
        except OSError as problem:
            raise AttemptError(ErrorCode.TLS, str(problem)) from problem
        return connection


async def _connect_any(addresses: Sequence[Address], port: int) -> socket.socket:
    """Connect to the first address that answers; raises the last one's ``AttemptError``."""
    *early, last = addresses
    for address in early:
        try:
            async with asyncio.timeout(_SECONDS_PER_ADDRESS):
                return await _connect(address, port)
        except (AttemptError, TimeoutError):
            continue
    return await _connect(last, port)


async def _connect(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
    except OSError as problem:
        sock.close()
        raise _connect_failure(problem) from problem
    except BaseException:
        sock.close()
        raise
    return sock


def _connect_failure(problem: OSError) -> AttemptError:
    """Name a failed connect: no answer is a timeout, whatever else the network says a refusal."""
    code = ErrorCode.TIMEOUT if isinstance(problem, TimeoutError) else ErrorCode.REFUSED
    return AttemptError(code, problem.strerror or "the connection was refused")
