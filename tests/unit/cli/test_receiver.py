"""The local receiver tells genuine requests from others."""

import socket
from datetime import UTC, datetime

import pytest

from services.cli.receiver import Received, Receiver
from services.notify.signing import new_secret, signed_headers

BODY = b'{"id":"evt_1","type":"webhook.test"}'


def headers(secret: str, body: bytes = BODY) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    return {n.decode(): v.decode() for n, v in signed_headers([secret], "evt_1", now, body)}


def taken(path: str, sent: dict[str, str], body: bytes, secret: str) -> Received:
    seen: list[Received] = []
    receiver = Receiver(0, seen.append)
    receiver.secrets["/mine"] = secret
    receiver.take(path, sent, body)
    receiver.close()
    return seen[0]


def test_a_signed_request_is_genuine() -> None:
    secret = new_secret()
    got = taken("/mine", headers(secret), BODY, secret)
    assert got.verified
    assert got.event == {"id": "evt_1", "type": "webhook.test"}


def test_another_body_path_or_secret_is_not() -> None:
    secret = new_secret()
    assert not taken("/mine", headers(secret), BODY + b" ", secret).verified
    assert not taken("/other", headers(secret), BODY, secret).verified
    assert not taken("/mine", headers(new_secret()), BODY, secret).verified
    assert not taken("/mine", {}, BODY, secret).verified


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_not_genuine_though_it_is_signed(body: bytes) -> None:
    secret = new_secret()
    got = taken("/mine", headers(secret, body), body, secret)
    assert (got.event, got.verified) == ({}, False)


@pytest.mark.parametrize("length", ["x", "-5", "1 2", "٣"])
def test_a_length_that_is_no_number_is_400(length: str) -> None:
    receiver = Receiver(0, lambda _: None)
    receiver.start()
    address = ("127.0.0.1", int(receiver.url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=10) as connection:
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode())
        with connection.makefile("rb") as answer:
            assert answer.read().startswith(b"HTTP/1.1 400")
    receiver.close()
