"""Connections are kept, bounded and never trusted beyond what the kernel says of them."""

import asyncio
import resource
import socket
import struct
from pathlib import Path

import pytest

from services.notify.transport.outcome import ErrorCode, Outcome
from services.notify.transport.transport import DeliveryTransport
from tests.integration.notify.transport.hostile import (
    OK,
    Peer,
    Server,
    always,
    eventually,
    loopback_transport,
    once,
    serve,
    silent,
)

pytestmark = pytest.mark.anyio


async def post(transport: DeliveryTransport, server: Server) -> Outcome:
    return await transport.exchange(server.url(), [], b"{}")


async def test_one_connection_serves_one_exchange_after_another() -> None:
    async with serve(always(OK)) as server, loopback_transport() as ours:
        for _ in range(20):
            assert (await post(ours, server)).status == 200
        assert (server.connections, len(server.requests)) == (1, 20)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n" + b"x" * 50000,
        OK + b"HTTP/1.1 500 For the next one\r\ncontent-length: 0\r\n\r\n",
        OK + b"garbage",
    ],
    ids=["close", "1.0", "long body", "second response", "garbage after it"],
)
async def test_a_connection_that_cannot_be_trusted_is_not_reused(response: bytes) -> None:
    async with serve(always(response)) as server, loopback_transport() as ours:
        for _ in range(3):
            assert (await post(ours, server)).status == 200
        assert (server.connections, len(server.requests)) == (3, 3)
        await eventually(lambda: server.open == 0)


async def test_bytes_on_an_idle_connection_end_it() -> None:
    async def talkative(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await speak.wait()
        await peer.send(b"HTTP/1.1 500 Unasked\r\ncontent-length: 0\r\n\r\n")
        await peer.closed()

    speak = asyncio.Event()
    async with serve(talkative) as server, loopback_transport(idle_seconds=60) as ours:
        assert (await post(ours, server)).status == 200
        speak.set()
        await eventually(lambda: server.open == 0)
        assert (await post(ours, server)).status == 200
        assert server.connections == 2


async def test_a_close_between_requests_goes_unnoticed_by_the_caller() -> None:
    async def closing(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)

    async with serve(closing) as server, loopback_transport() as ours:
        for _ in range(5):
            assert (await post(ours, server)).error is None
            await eventually(lambda: server.open == 0)
        assert (server.connections, len(server.requests)) == (5, 5)


async def raw_exchange(listener: socket.socket) -> socket.socket:
    """Accept, answer one request by hand, and return the server's end of the connection."""
    loop = asyncio.get_running_loop()
    accepted, _ = await loop.sock_accept(listener)
    request = b""
    while not request.endswith(b"{}"):
        request += await loop.sock_recv(accepted, 65536)
    await loop.sock_sendall(accepted, OK)
    return accepted


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
async def test_a_close_that_only_the_kernel_has_seen_costs_nothing(reset: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        async with (
            loopback_transport(max_connections_per_origin=1) as ours,
            asyncio.timeout(5),
        ):
            first, accepted = await asyncio.gather(
                ours.exchange(url, [], b"{}"), raw_exchange(listener)
            )
            if reset:
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()
            # No await stands between the close and the next exchange: the event loop cannot know.
            second, accepted = await asyncio.gather(
                ours.exchange(url, [], b"{}"), raw_exchange(listener)
            )
            accepted.close()
    assert (first.error, second.error) == (None, None)


async def test_a_request_that_was_written_is_never_sent_again() -> None:
    async def dying(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()  # and closes without an answer

    async with serve(dying) as server, loopback_transport() as ours:
        outcomes = [await post(ours, server) for _ in range(4)]
        assert [outcome.error for outcome in outcomes] == [None, ErrorCode.RESET] * 2
        assert (server.connections, len(server.requests)) == (2, 4)


async def test_an_origin_gets_no_more_connections_than_its_cap() -> None:
    async def busy(peer: Peer) -> None:
        while True:
            await peer.request()
            await asyncio.sleep(0)
            await peer.send(OK)

    async with serve(busy) as server, loopback_transport(max_connections_per_origin=3) as ours:
        outcomes = await asyncio.gather(*(post(ours, server) for _ in range(30)))
        assert {outcome.status for outcome in outcomes} == {200}
        assert (server.connections, len(server.requests)) == (3, 30)


async def test_waiting_for_a_turn_ends_at_the_total_timeout() -> None:
    async with (
        serve(silent) as server,
        loopback_transport(max_connections_per_origin=1, total_timeout=0.3) as ours,
    ):
        outcomes = await asyncio.gather(*(post(ours, server) for _ in range(3)))
        assert [outcome.error for outcome in outcomes] == [ErrorCode.TIMEOUT] * 3
        assert server.connections <= 2


async def test_a_dial_that_fails_gives_its_turn_to_the_next() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        async with loopback_transport(max_connections_per_origin=1, total_timeout=5) as ours:
            outcomes = await asyncio.gather(*(ours.exchange(url, [], b"{}") for _ in range(5)))
    assert [one.error for one in outcomes] == [ErrorCode.REFUSED] * 5


async def test_a_hung_origin_does_not_delay_another() -> None:
    async with (
        serve(silent) as hung,
        serve(always(OK)) as healthy,
        loopback_transport(total_timeout=1.0) as ours,
    ):
        stuck = [asyncio.create_task(post(ours, hung)) for _ in range(100)]
        await eventually(lambda: hung.connections == 64)
        for _ in range(50):
            assert (await post(ours, healthy)).duration_ms < 500
        assert {(await task).error for task in stuck} == {ErrorCode.TIMEOUT}


async def test_an_idle_connection_expires() -> None:
    async with serve(always(OK)) as server, loopback_transport(idle_seconds=0.05) as ours:
        await post(ours, server)
        await eventually(lambda: server.open == 0)
        await post(ours, server)
        assert server.connections == 2


async def test_each_idle_connection_expires_in_its_own_time() -> None:
    async with (
        serve(always(OK)) as quiet,
        serve(always(OK)) as busy,
        loopback_transport(idle_seconds=0.2) as ours,
    ):
        await post(ours, quiet)
        async with asyncio.timeout(5):
            while quiet.open:
                await post(ours, busy)
        assert busy.connections == 1
        await eventually(lambda: busy.open == 0)


async def test_the_oldest_idle_connection_makes_room() -> None:
    async with (
        serve(always(OK)) as old,
        serve(always(OK)) as new,
        loopback_transport(max_idle_connections=1, idle_seconds=60) as ours,
    ):
        await post(ours, old)
        await post(ours, new)
        await eventually(lambda: old.open == 0)
        await post(ours, new)
        assert (old.connections, new.connections, new.open) == (1, 1, 1)


async def test_closing_ends_idle_connections_and_those_in_use_when_they_are_done() -> None:
    async def slow(peer: Peer) -> None:
        await peer.request()
        await answer_now.wait()
        await peer.send(OK)
        await peer.closed()

    answer_now = asyncio.Event()
    async with serve(always(OK)) as quick, serve(slow) as server:
        ours = DeliveryTransport(allowed_networks=[], resolver=None)
        await ours.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await post(ours, quick)
        async with loopback_transport() as ours:
            await post(ours, quick)
            under_way = asyncio.create_task(post(ours, server))
            await eventually(lambda: len(server.requests) == 1)
        await eventually(lambda: quick.open == 0)
        answer_now.set()
        assert (await under_way).status == 200
        await eventually(lambda: server.open == 0)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_running_out_of_descriptors_is_not_the_peers_failure() -> None:
    async with serve(always(OK)) as server, loopback_transport() as ours:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                await post(ours, server)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert (await post(ours, server)).status == 200


async def test_nothing_is_left_behind_by_origins_that_are_gone() -> None:
    async with loopback_transport(total_timeout=0.1) as ours:
        async with serve(always(OK)) as server:  # an event loop opens some files at first use
            await post(ours, server)
            await eventually(lambda: server.open == 1)
        await eventually(lambda: not ours._pool._shelves)
        descriptors = open_files()
        for handler in (once(OK), silent, always(b"garbage")):
            async with serve(handler) as server:
                await asyncio.gather(*(post(ours, server) for _ in range(10)))
        await eventually(lambda: not ours._pool._shelves)
        await eventually(lambda: open_files() <= descriptors)
