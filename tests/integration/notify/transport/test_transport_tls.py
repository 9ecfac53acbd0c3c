"""TLS verifies the name in the URL, though an address is dialled."""

import asyncio
import os
import socket
import ssl
from ipaddress import ip_address

import pytest

from services.notify.transport.outcome import ErrorCode
from shared.netguard import Address
from tests.integration.notify.transport.hostile import (
    OK,
    Peer,
    always,
    eventually,
    loopback_transport,
    serve,
    silent,
)
from tests.support.authority import DAY, NOW, Issuer, an_authority

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return an_authority(tmp_path_factory.mktemp("authority"))


async def to_loopback(_: str) -> list[Address]:
    return [ip_address("127.0.0.1")]


async def test_the_right_name_under_a_trusted_authority_is_accepted(issuer: Issuer) -> None:
    asked_for: list[str | None] = []
    context = issuer.issue("hub.example")
    context.sni_callback = lambda _sock, name, _context: asked_for.append(name)
    async with (
        serve(always(OK), tls=context) as server,
        loopback_transport(resolver=to_loopback, ssl_context=issuer.trusting()) as ours,
    ):
        for host in ("hub.example", "HUB.example", "hub.example."):
            outcome = await ours.exchange(server.url(host), [], b"{}")
            assert (outcome.status, outcome.error, outcome.excerpt) == (200, None, "hi")
        assert asked_for == ["hub.example"] * 2
        assert (server.connections, len(server.requests)) == (2, 3)


async def test_a_literal_address_is_verified_as_an_address(issuer: Issuer) -> None:
    async with (
        serve(always(OK), tls=issuer.issue("127.0.0.1")) as server,
        loopback_transport(ssl_context=issuer.trusting()) as ours,
    ):
        assert (await ours.exchange(server.url(), [], b"{}")).status == 200


@pytest.mark.parametrize("wrong", ["other name", "expired", "self-signed", "unknown authority"])
async def test_what_cannot_be_verified_is_refused(issuer: Issuer, wrong: str) -> None:
    host = "other.example" if wrong == "other name" else "hub.example"
    until = NOW - DAY if wrong == "expired" else NOW + DAY
    context = issuer.issue(host, until=until, signed_by_itself=wrong == "self-signed")
    trust = None if wrong == "unknown authority" else issuer.trusting()
    async with (
        serve(always(OK), tls=context) as server,
        loopback_transport(resolver=to_loopback, ssl_context=trust) as ours,
    ):
        outcome = await ours.exchange(server.url("hub.example"), [], b"{}")
        assert (outcome.status, outcome.error) == (None, ErrorCode.TLS)
        assert server.requests == []


async def garbage(peer: Peer) -> None:
    await peer.reader.read(1)
    await peer.send(b"HTTP/1.1 400 This is plain\r\n\r\n")


async def closing(peer: Peer) -> None:
    await peer.reader.read(1)


async def resetting(peer: Peer) -> None:
    await peer.reader.read(1)
    peer.reset()


@pytest.mark.parametrize("handler", [garbage, closing, resetting])
async def test_a_handshake_that_fails_is_a_tls_error(issuer: Issuer, handler: object) -> None:
    async with (
        serve(handler) as server,  # type: ignore[arg-type]
        loopback_transport(ssl_context=issuer.trusting()) as ours,
    ):
        url = server.url().replace("http:", "https:")
        outcome = await ours.exchange(url, [], b"{}")
    assert (outcome.status, outcome.error) == (None, ErrorCode.TLS)


async def test_a_peer_that_wants_a_client_certificate_is_a_tls_error(issuer: Issuer) -> None:
    context = issuer.issue("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED  # told in TLS 1.3 after the handshake, by an alert

    def refuse(listener: socket.socket) -> None:  # asyncio's servers send no alert
        accepted, _ = listener.accept()
        with context.wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False
        ) as secure:
            with pytest.raises(ssl.SSLError):
                secure.do_handshake()
            while os.read(secure.fileno(), 65536):  # a close with unread bytes would be a reset
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        refusing = asyncio.create_task(asyncio.to_thread(refuse, listener))
        async with loopback_transport(ssl_context=issuer.trusting()) as ours:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
            outcome = await ours.exchange(url, [], b"{}")
        await refusing
    assert (outcome.status, outcome.error) == (None, ErrorCode.TLS)


async def test_a_handshake_that_hangs_times_out_and_is_cleaned_up(issuer: Issuer) -> None:
    async with (
        serve(silent) as server,
        loopback_transport(ssl_context=issuer.trusting(), total_timeout=0.3) as ours,
    ):
        url = server.url().replace("http:", "https:")
        outcomes = await asyncio.gather(*(ours.exchange(url, [], b"{}") for _ in range(5)))
        assert [one.error for one in outcomes] == [ErrorCode.TIMEOUT] * 5
        await eventually(lambda: server.connections == 5 and server.open == 0)


async def test_plain_http_to_a_tls_port_is_no_answer(issuer: Issuer) -> None:
    async with (
        serve(always(OK), tls=issuer.issue("hub.example")) as server,
        loopback_transport() as ours,
    ):
        url = server.url().replace("https:", "http:")
        outcome = await ours.exchange(url, [], b"{}")
    assert outcome.status is None
    assert outcome.error in {ErrorCode.RESET, ErrorCode.PROTOCOL}  # with or without a TLS alert


async def test_a_tls_alert_is_a_protocol_error() -> None:
    async def alerting(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"\x15\x03\x01\x00\x02\x02\x46")

    async with serve(alerting) as server, loopback_transport() as ours:
        assert (await ours.exchange(server.url(), [], b"{}")).error is ErrorCode.PROTOCOL


async def test_a_cut_body_and_a_close_over_tls_are_like_those_without(issuer: Issuer) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort")

    async with (
        serve(handler, tls=issuer.issue("127.0.0.1")) as server,
        loopback_transport(ssl_context=issuer.trusting()) as ours,
    ):
        for _ in range(2):
            outcome = await ours.exchange(server.url(), [], b"{}")
            assert (outcome.status, outcome.error, outcome.excerpt) == (200, None, "short")
        assert server.connections == 2


async def test_a_tls_connection_that_the_peer_closed_is_not_used_again(issuer: Issuer) -> None:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)

    async with (
        serve(handler, tls=issuer.issue("127.0.0.1")) as server,
        loopback_transport(ssl_context=issuer.trusting()) as ours,
    ):
        for _ in range(3):
            assert (await ours.exchange(server.url(), [], b"{}")).error is None
            await eventually(lambda: server.open == 0)
        assert (server.connections, len(server.requests)) == (3, 3)
