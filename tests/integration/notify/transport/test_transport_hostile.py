"""Whatever a peer does becomes an outcome, in bounded time and memory."""

import asyncio
import gzip
import socket
import time
from collections.abc import Awaitable, Callable

import pytest

from services.notify.transport.outcome import ErrorCode, Outcome
from tests.integration.notify.transport.hostile import (
    OK,
    Handler,
    Peer,
    always,
    loopback_transport,
    once,
    serve,
    silent,
)

pytestmark = pytest.mark.anyio
HEADERS = [(b"content-type", b"application/json"), (b"webhook-id", b"evt_1")]
BODY = b'{"id": "evt_1"}'
MIB = 1024 * 1024


async def outcome_of(handler: Handler, total_timeout: float = 5.0) -> Outcome:
    async with serve(handler) as server, loopback_transport(total_timeout=total_timeout) as ours:
        return await ours.exchange(server.url(), HEADERS, BODY)


def answer(outcome: Outcome) -> tuple[int | None, ErrorCode | None, str]:
    return outcome.status, outcome.error, outcome.excerpt


async def test_the_request_arrives_as_it_should() -> None:
    async with serve(always(OK)) as server, loopback_transport() as ours:
        outcome = await ours.exchange(server.url(path="/hook?a=1"), HEADERS, BODY)
        assert answer(outcome) == (200, None, "hi")
        assert server.requests == [
            b"POST /hook?a=1 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\naccept-encoding: identity\r\n"
            b"content-type: application/json\r\nwebhook-id: evt_1\r\ncontent-length: 15\r\n\r\n%b"
            % (server.port, BODY)
        ]


@pytest.mark.parametrize(
    ("response", "status", "error", "excerpt"),
    [
        (OK, 200, None, "hi"),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", 202, None, ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, None, ""),
        (b"HTTP/1.1 299 Fine\r\ncontent-length: 0\r\n\r\n", 299, None, ""),
        (b"HTTP/1.1 300 Many\r\ncontent-length: 0\r\n\r\n", 300, ErrorCode.HTTP, ""),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, ErrorCode.HTTP, ""),
        (b"HTTP/1.1 410 Gone\r\ncontent-length: 3\r\n\r\nbye", 410, ErrorCode.HTTP, "bye"),
        (b"HTTP/1.1 500 Oh\r\ncontent-length: 4\r\n\r\na\0b\xff", 500, ErrorCode.HTTP,
         "a\ufffdb\ufffd"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: <x>\r\n\r\n" + OK, 200, None,
         "hi"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, None,
         "hi"),
    ],
)  # fmt: skip
async def test_the_status_decides(
    response: bytes, status: int, error: ErrorCode | None, excerpt: str
) -> None:
    assert answer(await outcome_of(always(response))) == (status, error, excerpt)


async def test_retry_after_is_passed_on() -> None:
    busy = b"HTTP/1.1 429 Slow\r\nRetry-After: 30\r\ncontent-length: 0\r\n\r\n"
    outcome = await outcome_of(always(busy))
    assert (outcome.status, outcome.error, outcome.retry_after) == (429, ErrorCode.HTTP, "30")


def sending(data: bytes) -> Handler:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(data)

    return handler


async def resetting(peer: Peer) -> None:
    await peer.request()
    peer.reset()


async def resetting_at_once(peer: Peer) -> None:
    peer.reset()


async def closing_at_once(_: Peer) -> None:
    return


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (closing_at_once, ErrorCode.RESET),
        (resetting_at_once, ErrorCode.RESET),
        (sending(b""), ErrorCode.RESET),
        (resetting, ErrorCode.RESET),
        (sending(b"HTTP/1.1 200 OK\r\ncontent-le"), ErrorCode.RESET),
        (sending(b"HTTP/1.1 100 Continue\r\n\r\n"), ErrorCode.RESET),
        (sending(b"SSH-2.0-OpenSSH_9.2p1\r\n"), ErrorCode.PROTOCOL),
        (sending(b"+OK POP3 ready\r\n"), ErrorCode.PROTOCOL),
        (sending(bytes(range(256)) * 64), ErrorCode.PROTOCOL),
        (sending(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000), ErrorCode.PROTOCOL),
        (sending(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000), ErrorCode.PROTOCOL),
        (sending(b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000), ErrorCode.PROTOCOL),
        (sending(b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
         ErrorCode.PROTOCOL),
        (sending(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
         ErrorCode.PROTOCOL),
    ],
)  # fmt: skip
async def test_no_complete_header_is_an_error_of_its_kind(
    handler: Handler, error: ErrorCode
) -> None:
    outcome = await outcome_of(handler)
    assert outcome == Outcome(None, error, outcome.duration_ms, "", None)


async def test_a_closed_port_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take it
        port = unused.getsockname()[1]
        async with loopback_transport() as ours:
            outcome = await ours.exchange(f"http://127.0.0.1:{port}/", HEADERS, BODY)
    assert answer(outcome) == (None, ErrorCode.REFUSED, "")


async def slow_header(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await peer.send(b"x: y\r\n")
        await asyncio.sleep(0.01)


async def slow_interim(peer: Peer) -> None:
    await peer.request()
    while True:
        await peer.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("handler", [silent, slow_header, slow_interim])
async def test_the_whole_attempt_ends_at_the_total_timeout(handler: Handler) -> None:
    outcome = await outcome_of(handler, total_timeout=0.3)
    assert outcome.error is ErrorCode.TIMEOUT
    assert 295 <= outcome.duration_ms < 1500


async def test_a_peer_that_accepts_nothing_times_out() -> None:
    async def deaf(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with serve(deaf) as server, loopback_transport(total_timeout=0.3) as ours:
        outcome = await ours.exchange(server.url(), HEADERS, b"x" * 32 * MIB)
    assert outcome.error is ErrorCode.TIMEOUT


async def test_a_header_that_came_in_time_counts_though_the_loop_was_late() -> None:
    async def stalling(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        # Both the response and the deadline are now ahead of the client's event loop.
        time.sleep(0.4)  # noqa: ASYNC251  # the loop is to be late
        await peer.closed()

    assert answer(await outcome_of(stalling, total_timeout=0.3)) == (200, None, "hi")


async def timed(run: Callable[[], Awaitable[Outcome]]) -> tuple[Outcome, float]:
    started = time.perf_counter()
    outcome = await run()
    return outcome, time.perf_counter() - started


async def test_a_dripping_body_is_waited_for_two_seconds_and_changes_only_the_excerpt() -> None:
    async def dripping(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            await peer.send(b"z")
            await asyncio.sleep(0.02)

    outcome, seconds = await timed(lambda: outcome_of(dripping))
    assert (outcome.status, outcome.error) == (200, None)
    assert 10 <= len(outcome.excerpt) <= 100
    assert set(outcome.excerpt) == {"z"}
    assert outcome.duration_ms < 1500
    assert 1.9 < seconds < 4


async def test_a_body_of_a_gigabyte_is_left_unread() -> None:
    sent = 0

    async def flooding(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
        for _ in range(1024):
            await peer.send(b"g" * MIB)
            sent += 1

    outcome, seconds = await timed(lambda: outcome_of(flooding))
    assert answer(outcome) == (200, None, "g" * 16384)
    assert sent < 32  # what the kernel's buffers swallow
    assert seconds < 2


async def test_compressed_bodies_are_not_inflated() -> None:
    bomb = gzip.compress(b"\0" * 10 * MIB)
    assert len(bomb) < 16384
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    outcome = await outcome_of(always(head + bomb))
    assert outcome.status == 200
    assert outcome.excerpt == bomb.decode(errors="replace").replace("\0", "\ufffd")


@pytest.mark.parametrize(
    ("response", "excerpt"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", "short"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", "old"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nbad", "abc"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi and more", "hi"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\xec\xa0\x95\xec", "정\ufffd"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n\xec\xa0\x95\xec", "정"),
    ],
)
async def test_a_body_that_ends_oddly_changes_only_the_excerpt(
    response: bytes, excerpt: str
) -> None:
    assert answer(await outcome_of(sending(response))) == (200, None, excerpt)


async def test_an_early_answer_counts_though_the_request_was_not_read() -> None:
    async def impatient(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(b"HTTP/1.1 413 Large\r\ncontent-length: 0\r\n\r\n")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with serve(impatient) as server, loopback_transport(total_timeout=5) as ours:
        for _ in range(2):
            outcome = await ours.exchange(server.url(), HEADERS, b"x" * 32 * MIB)
            assert answer(outcome) == (413, ErrorCode.HTTP, "")
        assert server.connections == 2


async def test_a_redirect_to_loopback_is_not_followed() -> None:
    async with serve(always(OK)) as inner, loopback_transport() as ours:
        location = b"HTTP/1.1 307 Moved\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n"
        async with serve(always(location % inner.url().encode())) as outer:
            outcome = await ours.exchange(outer.url(), HEADERS, BODY)
        assert answer(outcome) == (307, ErrorCode.HTTP, "")
        assert inner.connections == 0


async def test_cancelling_passes_through_and_closes_the_connection() -> None:
    async with serve(silent) as server, loopback_transport(max_connections_per_origin=1) as ours:
        for _ in range(3):  # a turn that were not given back would block the second round
            task = asyncio.create_task(ours.exchange(server.url(), HEADERS, BODY))
            async with asyncio.timeout(5):
                seen = server.connections
                while server.connections == seen:
                    await asyncio.sleep(0.005)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                while server.open:
                    await asyncio.sleep(0.005)


async def test_userinfo_is_sent_as_basic_authorization() -> None:
    async with serve(once(OK)) as server, loopback_transport() as ours:
        await ours.exchange(server.url(host="user:pw@127.0.0.1"), HEADERS, BODY)
        assert b"\r\nauthorization: Basic dXNlcjpwdw==\r\n" in server.requests[0]
        assert b"pw@" not in server.requests[0]


async def test_a_forging_header_is_refused_before_anything_is_sent() -> None:
    async with serve(always(OK)) as server, loopback_transport() as ours:
        with pytest.raises(ValueError, match="line break"):
            await ours.exchange(server.url(), [(b"x", b"1\r\ny: 2")], BODY)
        assert server.connections == 0
