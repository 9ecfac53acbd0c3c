"""Requests byte by byte: what is too large is refused before it has come."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from services.ingest.batch import BATCH_LIMIT
from shared.web.body import LIMIT
from tests.integration.ingest.submissions import NOTHING, a_post, stored
from tests.support.session import Api

CHUNK = 65_536


@contextmanager
def connected(hub_url: str) -> Iterator[socket.socket]:
    where = urlsplit(hub_url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        yield connection


def head(api: Api, path: str, *fields: str, host: str = "hub.example") -> bytes:
    """Return a request up to its body."""
    type = "application/json" if path == "/v1/posts" else "application/x-ndjson"
    lines = [
        f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Type: {type}",
        f"Authorization: {api.http.headers['authorization']}", *fields, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Read one answer: its status and its document."""
    got = b""
    while b"\r\n\r\n" not in got or not got.endswith(b"}"):
        more = connection.recv(CHUNK)
        assert more, got
        got += more
    start, _, body = got.partition(b"\r\n\r\n")
    assert b"application/problem+json" in start or start.split()[1] < b"400"
    return int(start.split()[1]), json.loads(body[body.index(b"{") :])


def sent(connection: socket.socket, chunks: Iterable[bytes]) -> int:
    """Send a chunked body until the other side has had enough; return its bytes."""
    total = 0
    connection.settimeout(0.5)
    for chunk in chunks:
        try:
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        except OSError:
            break
        total += len(chunk)
    connection.settimeout(20)
    return total


@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/posts", LIMIT), ("/v1/posts/batch", BATCH_LIMIT)]
)
def test_a_declared_length_over_the_limit_is_413_before_any_body(
    admin: Api, hub_url: str, path: str, limit: int
) -> None:
    with connected(hub_url) as connection:
        connection.sendall(head(admin, path, f"Content-Length: {limit + 1}"))
        status, document = answer(connection)
    assert (status, document["errors"]) == (
        413, [{"field": "body", "message": f"has {limit + 1} bytes; the limit is {limit}"}],
    )  # fmt: skip


def test_an_endless_chunked_body_is_413_soon_after_the_limit(admin: Api, hub_url: str) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"_x":"'
        while True:
            yield b"x" * CHUNK

    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts", "Transfer-Encoding: chunked"))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, CHUNK)
        total = 0
        # What is in flight when the answer comes is bounded by the buffers in between.
        limited = (chunk for chunk, _ in zip(endless(), range(20 * LIMIT // CHUNK), strict=False))
        total = sent(connection, limited)
        try:
            status, _ = answer(connection)
        except ConnectionResetError:
            status = 413
    assert total < 19 * LIMIT
    assert status == 413
    assert stored() == NOTHING


def test_an_endless_line_is_413_although_the_batch_may_be_longer(admin: Api, hub_url: str) -> None:
    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts/batch", "Transfer-Encoding: chunked"))
        sent(connection, [b"x" * CHUNK] * (LIMIT // CHUNK + 2))
        status, document = answer(connection)
    assert (status, document["errors"]) == (
        413, [{"field": "row", "message": f"has more than {LIMIT} bytes"}],
    )  # fmt: skip


@pytest.mark.parametrize("host", ["[", "a b", "\xe9", "x:99999", ""])
def test_a_nonsensical_host_is_no_fault_of_ours(admin: Api, hub_url: str, host: str) -> None:
    body = json.dumps(a_post(url="x")).encode()
    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts", f"Content-Length: {len(body)}", host=host))
        connection.sendall(body)
        assert answer(connection)[0] == 422


def test_a_body_that_never_ends_is_answered_in_time(admin: Api, hub_url: str) -> None:
    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts", "Content-Length: 100") + b"{")
        status, document = answer(connection)
    assert (status, document["type"]) == (503, "https://hub.example/problems/unavailable")
