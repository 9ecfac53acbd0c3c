"""Servers on loopback that do what they are told, and count what reaches them."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from services.notify.transport.transport import DeliveryTransport
from shared.netguard import Network

LOOPBACK: list[Network] = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
PATIENCE = 10.0


@dataclass
class Peer:
    """One connection, seen from the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes]

    async def request(self) -> bytes:
        """Read one request with its body; raises ``IncompleteReadError`` at the end."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        whole = head + await self.reader.readexactly(length)
        self.requests.append(whole)
        return whole

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def closed(self) -> None:
        """Wait until the client has closed."""
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Handler = Callable[[Peer], Awaitable[None]]


@dataclass
class Server:
    """What reached a server so far."""

    port: int = 0
    scheme: str = "http"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    closed: int = 0
    peers: list[object] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", path: str = "/hook") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def open(self) -> int:
        return self.connections - self.closed


@asynccontextmanager
async def serve(
    handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    """Run ``handler`` for each connection; when it returns, the connection is closed."""
    server = Server(scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def run(peer: Peer) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await handler(peer)
        finally:
            server.closed += 1
            peer.writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        server.peers.append(writer.get_extra_info("peername"))
        task = asyncio.create_task(run(Peer(reader, writer, server.requests)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(connected, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        if tls is None:
            await _accept_all(server, host)
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()


async def _accept_all(server: Server, host: str) -> None:
    """Wait until all who have connected were accepted, by queueing up behind them."""
    _, writer = await asyncio.open_connection(host, server.port)
    local = writer.get_extra_info("sockname")
    await eventually(lambda: local in server.peers)
    writer.transport.abort()


def always(response: bytes) -> Handler:
    """Answer each request of a connection with the same bytes."""

    async def handler(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(response)

    return handler


def once(response: bytes) -> Handler:
    """Answer one request, then wait for the client to close."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(response)
        await peer.closed()

    return handler


async def silent(peer: Peer) -> None:
    """Read and never answer."""
    await peer.closed()


@asynccontextmanager
async def loopback_transport(**options: object) -> AsyncIterator[DeliveryTransport]:
    """A transport that may reach loopback."""
    settings: dict[str, object] = {"allowed_networks": LOOPBACK, **options}
    async with DeliveryTransport(**settings) as transport:  # type: ignore[arg-type]
        yield transport


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; fails where it does not within ``PATIENCE`` seconds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)
