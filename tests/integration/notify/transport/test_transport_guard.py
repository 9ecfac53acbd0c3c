"""Only vetted addresses are dialled, whatever a URL or a name server says."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from services.notify.transport.outcome import ErrorCode
from shared.netguard import Address
from shared.resolve import Resolver, ThreadedResolver, system_addresses
from tests.integration.notify.transport.hostile import (
    OK,
    always,
    eventually,
    loopback_transport,
    serve,
)

pytestmark = pytest.mark.anyio


def names(*answers: Sequence[str]) -> Resolver:
    """Answer the first look-up with the first list, and so on; the last one stays."""
    pending = list(answers)

    async def resolve(_: str) -> list[Address]:
        texts = pending.pop(0) if len(pending) > 1 else pending[0]
        return [ip_address(text) for text in texts]

    return resolve


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.0.1.",
     "0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "LOCALHOST.", "x.localhost",
     "[::1]", "①②⑦.0.0.1", "127。0。0。1", "169.254.169.254", "[64:ff9b::7f00:1]", "[::]"],
)  # fmt: skip
async def test_no_spelling_of_a_denied_address_is_dialled(host: str) -> None:
    async with serve(always(OK)) as server, loopback_transport(allowed_networks=[]) as ours:
        outcome = await ours.exchange(server.url(host), [], b"{}")
        assert (outcome.status, outcome.error) == (None, ErrorCode.BLOCKED)
        assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "localhost", "a.localhost"])
async def test_an_allowed_network_admits_every_spelling(host: str) -> None:
    only_ipv4 = [ip_network("127.0.0.0/8")]
    async with serve(always(OK)) as server, loopback_transport(allowed_networks=only_ipv4) as ours:
        assert (await ours.exchange(server.url(host), [], b"{}")).status == 200


async def test_an_ipv6_literal_is_dialled() -> None:
    async with serve(always(OK), host="::1") as server, loopback_transport() as ours:
        assert (await ours.exchange(server.url("[::1]"), [], b"{}")).status == 200
        assert b"\r\nhost: [::1]:%d\r\n" % server.port in server.requests[0]


async def test_a_name_that_means_a_private_address_is_blocked() -> None:
    resolver = names(["127.0.0.1"])
    async with (
        serve(always(OK)) as server,
        loopback_transport(allowed_networks=[], resolver=resolver) as ours,
    ):
        outcome = await ours.exchange(server.url("hub.example"), [], b"{}")
        assert outcome.error is ErrorCode.BLOCKED
        assert server.connections == 0


@pytest.mark.parametrize("answer", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]])
async def test_one_denied_address_of_a_name_blocks_it(answer: list[str]) -> None:
    async with serve(always(OK)) as server, loopback_transport(resolver=names(answer)) as ours:
        outcome = await ours.exchange(server.url("hub.example"), [], b"{}")
        assert outcome.error is ErrorCode.BLOCKED
        assert server.connections == 0


async def test_a_name_is_judged_again_at_every_connect() -> None:
    closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    resolver = names(["127.0.0.1"], ["::1"])
    only_ipv4 = [ip_network("127.0.0.0/8")]
    async with (
        serve(always(closing)) as server,
        loopback_transport(allowed_networks=only_ipv4, resolver=resolver) as ours,
    ):
        outcomes = [await ours.exchange(server.url("hub.example"), [], b"{}") for _ in range(3)]
        assert [one.error for one in outcomes] == [None, ErrorCode.BLOCKED, ErrorCode.BLOCKED]
        assert server.connections == 1


async def test_the_vetted_address_is_the_one_that_is_dialled() -> None:
    asked = 0

    async def resolver(_: str) -> list[Address]:
        nonlocal asked
        asked += 1
        return [ip_address("127.0.0.1")]

    async with serve(always(OK)) as server, loopback_transport(resolver=resolver) as ours:
        assert (await ours.exchange(server.url("hub.example"), [], b"{}")).status == 200
        assert b"\r\nhost: hub.example:%d\r\n" % server.port in server.requests[0]
    assert asked == 1


async def test_the_next_address_is_tried_where_one_refuses() -> None:
    resolver = names(["::1", "127.0.0.1"])
    async with serve(always(OK)) as server, loopback_transport(resolver=resolver) as ours:
        assert (await ours.exchange(server.url("hub.example"), [], b"{}")).status == 200


@pytest.mark.parametrize("port", [22, 6379, 0, 65536])
async def test_a_denied_port_is_not_dialled(port: int) -> None:
    async with loopback_transport() as ours:
        outcome = await ours.exchange(f"http://127.0.0.1:{port}/", [], b"{}")
    assert outcome.error is ErrorCode.BLOCKED


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "nonsense", "http://", "unix:///run/x.sock"])
async def test_what_is_no_web_url_is_blocked(url: str) -> None:
    async with loopback_transport() as ours:
        outcome = await ours.exchange(url, [], b"{}")
    assert (outcome.status, outcome.error) == (None, ErrorCode.BLOCKED)


async def unknown(_: str) -> list[Address]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def hanging(_: str) -> list[Address]:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


@pytest.mark.parametrize(
    ("resolver", "error"),
    [(unknown, ErrorCode.DNS), (names([]), ErrorCode.DNS), (hanging, ErrorCode.TIMEOUT)],
)
async def test_a_name_without_an_answer(resolver: Resolver, error: ErrorCode) -> None:
    async with loopback_transport(resolver=resolver, total_timeout=0.2) as ours:
        outcome = await ours.exchange("http://hub.example/", [], b"{}")
    assert (outcome.status, outcome.error) == (None, error)


async def test_hung_lookups_of_one_name_hold_one_thread_and_no_other_name() -> None:
    release = threading.Event()
    asked: list[str] = []

    def lookup(host: str) -> list[Address]:
        asked.append(host)
        if host == "hung.example":
            release.wait(30)
        return [ip_address("127.0.0.1")]

    resolver = ThreadedResolver(lookup)
    try:
        async with (
            serve(always(OK)) as server,
            loopback_transport(resolver=resolver, total_timeout=0.5) as ours,
        ):
            hung = [
                asyncio.create_task(ours.exchange(server.url("hung.example"), [], b"{}"))
                for _ in range(60)
            ]
            await eventually(lambda: "hung.example" in asked)
            assert (await ours.exchange(server.url("well.example"), [], b"{}")).status == 200
            assert {(await task).error for task in hung} == {ErrorCode.TIMEOUT}
            assert asked == ["hung.example", "well.example"]
    finally:
        release.set()
        resolver.close()


async def test_a_lookup_that_fails_is_asked_again() -> None:
    asked = 0

    def lookup(_: str) -> list[Address]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [ip_address("127.0.0.1")]

    resolver = ThreadedResolver(lookup)
    async with serve(always(OK)) as server, loopback_transport(resolver=resolver) as ours:
        outcomes = [await ours.exchange(server.url("hub.example"), [], b"{}") for _ in range(2)]
    resolver.close()
    assert [one.error for one in outcomes] == [ErrorCode.DNS, None]


def test_the_system_resolver_gives_addresses_and_os_errors_only() -> None:
    assert system_addresses("127.0.0.1") == [ip_address("127.0.0.1")]
    assert system_addresses("::1") == [ip_address("::1")]
    with pytest.raises(socket.gaierror):
        system_addresses("x" * 64 + ".example")
