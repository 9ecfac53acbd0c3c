"""One connection to a peer: writes a request, feeds what comes back to a reader."""

import asyncio
import select
import ssl
from collections.abc import Callable
from typing import cast

from services.notify.transport.outcome import AttemptError, ErrorCode
from services.notify.transport.response import ResponseReader

# Small, since idle connections keep theirs: a usual answer fits, a long one comes in pieces.
_BUFFER_SIZE = 8 * 1024


class Connection(asyncio.BufferedProtocol):
    """A TCP or TLS connection that carries one exchange at a time.

    ``on_lost``, set while nobody uses the connection, is called when it has become useless.
    """

    def __init__(self) -> None:
        """Start without a transport; the event loop connects it."""
        self.on_lost: Callable[[Connection], None] | None = None
        self._buffer = memoryview(bytearray(_BUFFER_SIZE))
        self._transport: asyncio.Transport | None = None
        self._reader: ResponseReader | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._awaits_end = False
        self._broken = False
        self._tls_problem: ssl.SSLError | None = None
        self._lost = asyncio.get_running_loop().create_future()
        self._poller = select.poll()

    async def send(self, request: bytes, reader: ResponseReader, deadline: float) -> None:
        """Write a request and wait until ``reader`` has a complete response header.

        Raises ``AttemptError``: reset, tls, protocol, or timeout at the loop time ``deadline``.
        """
        self._reader = reader
        self._awaits_end = False
        if not self._broken:
            cast("asyncio.Transport", self._transport).write(request)
            await self._progress(deadline)
        if reader.head_complete:
            return
        if reader.error is not None:
            raise AttemptError(ErrorCode.PROTOCOL, reader.error)
        if self._tls_problem is not None:
            raise AttemptError(ErrorCode.TLS, str(self._tls_problem))
        if self._broken:
            raise AttemptError(ErrorCode.RESET, "the peer closed the connection before it answered")
        raise AttemptError(ErrorCode.TIMEOUT, "no response header in time")

    async def finish(self, deadline: float) -> None:
        """Wait until the reader has all it wants of the body, or until ``deadline``."""
        self._awaits_end = True
        await self._progress(deadline)

    def detach(self) -> bool:
        """Forget the exchange; return whether the connection can carry another one."""
        reader, self._reader = self._reader, None
        transport = cast("asyncio.Transport", self._transport)
        return (
            reader is not None
            and reader.reusable
            and not self._broken
            and not transport.is_closing()
            # A request that was answered before it was read would run into the next one.
            and transport.get_write_buffer_size() == 0
        )

    def is_fresh(self) -> bool:
        """Tell whether an idle connection is still open and silent, by asking the kernel.

        The event loop may not have seen a close yet that has already arrived.
        """
        return not self._broken and not self._poller.poll(0)

    def abort(self) -> None:
        """Close at once; what was not sent is dropped."""
        self._broken = True
        if self._transport is not None:
            self._transport.abort()

    async def wait_lost(self) -> None:
        """Wait until the event loop has let go of the socket."""
        await asyncio.shield(self._lost)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and watch its socket."""
        self._transport = cast("asyncio.Transport", transport)
        self._poller.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        """Lend the event loop this connection's buffer, whatever it would like."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Feed what arrived to the reader; bytes that nobody asked for end the connection."""
        reader = self._reader
        if reader is None:
            self._break()
            return
        reader.feed(self._buffer[:nbytes])
        if reader.done or (reader.head_complete and not self._awaits_end):
            self._wake()

    def eof_received(self) -> None:
        """Take the peer's close; the transport closes by itself."""
        self._break()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection, for whatever cause."""
        if isinstance(exc, ssl.SSLError):
            self._tls_problem = exc
        self._break()
        if not self._lost.done():
            self._lost.set_result(None)

    def _break(self) -> None:
        self._broken = True
        if self._reader is not None:
            self._reader.end()
        elif self._transport is not None:
            self._transport.abort()
        if self.on_lost is not None:
            self.on_lost(self)
        self._wake()

    async def _progress(self, deadline: float) -> None:
        """Wait for the reader's next stage, the end of the connection, or the deadline.

        A timer of its own costs a tenth of ``asyncio.timeout``, and where both come at once the
        response counts, not the time.
        """
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_at(deadline, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
