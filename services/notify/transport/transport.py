"""The delivery transport: one attempt, bounded in time and size, told as an outcome."""

import asyncio
import ssl
from collections.abc import Sequence
from time import perf_counter

import httpx

from services.notify.transport.dial import Dialer
from services.notify.transport.httpx_terms import (
    httpx_error,
    httpx_response,
    shared_context,
)
from services.notify.transport.outcome import (
    AttemptError,
    ErrorCode,
    Outcome,
    excerpt_text,
)
from services.notify.transport.pool import Pool
from services.notify.transport.response import ResponseReader
from services.notify.transport.target import (
    Header,
    Target,
    encode_request,
    parse_target,
)
from shared.netguard import Network
from shared.resolve import Resolver, ThreadedResolver

BODY_SECONDS = 2.0
# Just below the five seconds after which the usual servers close an idle connection themselves: a
# request that meets their close would count as reset, for it must not be sent again.
_IDLE_SECONDS = 4.0


class DeliveryTransport(httpx.AsyncBaseTransport):
    """An HTTP/1.1 client for deliveries, directly or under an ``httpx.AsyncClient``.

    It dials only vetted addresses, verifies certificates by name, follows no redirect, asks for
    no compression, and sends a request once: a connection that the peer has closed is noticed
    before anything is written, and what fails after that is an outcome.

    One attempt, from name to response header, lasts at most ``total_timeout`` seconds, waiting
    for a turn at ``max_connections_per_origin`` included. The body is then read for at most two
    seconds and 16 KiB. Use one transport per process: it holds the TLS context and the pool.
    """

    def __init__(
        self,
        *,
        allowed_networks: Sequence[Network],
        total_timeout: float = 15.0,
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
        max_connections_per_origin: int = 64,
        max_idle_connections: int = 1024,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        """Build the pool; no socket and no thread is opened yet."""
        self._total_timeout = total_timeout
        self._own_resolver = ThreadedResolver()
        dialer = Dialer(
            allowed_networks, resolver or self._own_resolver, ssl_context or shared_context()
        )
        self._pool = Pool(
            dialer.dial,
            per_origin=max_connections_per_origin,
            max_idle=max_idle_connections,
            idle_seconds=idle_seconds,
        )

    async def exchange(self, url: str, headers: Sequence[Header], body: bytes) -> Outcome:
        """POST ``body`` once and tell what happened; nothing that a peer does raises.

        A URL that cannot be dialled at all is ``blocked``. Raises ``ValueError`` for headers that
        hold a line break, and ``OSError`` where this process is out of file descriptors.
        """
        started = perf_counter()
        try:
            target = parse_target(url)
            if target.authorization:
                headers = [*headers, (b"authorization", target.authorization)]
            request = encode_request(b"POST", target, headers, body)
            response = ResponseReader()
            seconds = await self._converse(target, request, response)
        except AttemptError as failure:
            elapsed = perf_counter() - started
            return Outcome(None, failure.code, _milliseconds(elapsed), "", None)
        return _outcome(response, seconds)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send any request, in httpx's terms and with its exceptions.

        The body of the response is cut like that of a delivery; the extension ``truncated`` says
        whether it was. The client's own timeouts are not used: ``total_timeout`` is.
        """
        body = await request.aread()
        try:
            target = parse_target(str(request.url))
            method = request.method.encode("ascii")
            wire = encode_request(method, target, request.headers.raw, body)
            reader = ResponseReader(bodiless=method == b"HEAD")
            await self._converse(target, wire, reader)
        except AttemptError as failure:
            raise httpx_error(failure, request) from failure
        return httpx_response(reader)

    async def aclose(self) -> None:
        """Close the idle connections; those in use close when their exchange ends."""
        await self._pool.aclose()
        self._own_resolver.close()

    async def _converse(self, target: Target, request: bytes, reader: ResponseReader) -> float:
        """Run one exchange; return the seconds from its start to the response header.

        Raises ``AttemptError`` where no response header came in time.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        deadline = started + self._total_timeout
        try:
            connection = await self._pool.acquire(target.origin, deadline)
        except TimeoutError as problem:
            raise AttemptError(ErrorCode.TIMEOUT, "no connection in time") from problem
        try:
            await connection.send(request, reader, deadline)
            answered = loop.time()
            if not reader.done:
                await connection.finish(answered + BODY_SECONDS)
        finally:
            self._pool.release(target.origin, connection)
        return answered - started


def _outcome(response: ResponseReader, seconds: float) -> Outcome:
    body = response.body
    return Outcome(
        response.status,
        None if httpx.codes.is_success(response.status) else ErrorCode.HTTP,
        _milliseconds(seconds),
        excerpt_text(bytes(body), whole=response.body_complete) if body else "",
        response.retry_after(),
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
