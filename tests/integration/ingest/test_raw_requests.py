"""Requests byte by byte: what is too large is refused before it has come."""

import json
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
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
    """Send a chunked body until the answer is there; return its bytes."""
    total = 0
    for chunk in chunks:
        if select.select([connection], [], [], 0)[0]:
            break
        connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        total += len(chunk)
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
    body = chain([b'{"_x":"'], repeat(b"x" * CHUNK, 20 * LIMIT // CHUNK))
    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts", "Transfer-Encoding: chunked"))
        total = sent(connection, body)
        status, document = answer(connection)
    # What was under way when the answer came is bounded by the buffers in between.
    assert LIMIT < total < 5 * LIMIT
    assert (status, document["errors"]) == (
        413, [{"field": "body", "message": f"has more than {LIMIT} bytes"}],
    )  # fmt: skip
    assert stored() == NOTHING


def test_an_endless_line_is_refused_once_it_is_as_long_as_a_batch(admin: Api, hub_url: str) -> None:
    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts/batch", "Transfer-Encoding: chunked"))
        sent(connection, [b"x" * CHUNK] * (BATCH_LIMIT // CHUNK + 2))
        status, document = answer(connection)
    assert (status, document["errors"]) == (
        413, [{"field": "body", "message": f"has more than {BATCH_LIMIT} bytes"}],
    )  # fmt: skip


@pytest.mark.parametrize("host", ["[", "a b", "\xe9", "x:99999", ""])
def test_a_nonsensical_host_is_no_fault_of_ours(admin: Api, hub_url: str, host: str) -> None:
    body = json.dumps(a_post(url="x")).encode()
    with connected(hub_url) as connection:
        connection.sendall(head(admin, "/v1/posts", f"Content-Length: {len(body)}", host=host))
        connection.sendall(body)
        assert answer(connection)[0] == 422
