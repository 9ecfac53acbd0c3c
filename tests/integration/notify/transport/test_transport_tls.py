"""TLS verifies the name in the URL, though an address is dialled."""

import asyncio
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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

pytestmark = pytest.mark.anyio
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Issuer:
    """An authority for these tests; its certificate lies in ``folder``."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    def issue(
        self, host: str, *, until: datetime = NOW + DAY, signed_by_itself: bool = False
    ) -> ssl.SSLContext:
        """Return a server's context with a fresh certificate for ``host``."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority = key if signed_by_itself else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(host))
            .issuer_name(named(host) if signed_by_itself else self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 30 * DAY)
            .not_valid_after(until)
            .add_extension(x509.SubjectAlternativeName(alternatives(host)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
                critical=False,
            )
        )
        certificate = builder.sign(authority, hashes.SHA256())
        pem = self.folder / f"{certificate.serial_number}.pem"
        pem.write_bytes(private(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def trusting(self) -> ssl.SSLContext:
        """Return a client's context that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.folder / "authority.pem"))


def alternatives(host: str) -> list[x509.GeneralName]:
    if host.startswith("127."):
        return [x509.IPAddress(ip_address(host))]
    return [x509.DNSName(host)]


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    folder = tmp_path_factory.mktemp("authority")
    key, name = ec.generate_private_key(ec.SECP256R1()), named("Authority of these tests")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 60 * DAY)
        .not_valid_after(NOW + 60 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Issuer(folder, key, name)


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
