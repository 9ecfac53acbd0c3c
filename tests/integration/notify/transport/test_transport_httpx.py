"""Under an httpx client, the transport speaks httpx's language."""

import gzip
import socket

import httpx
import pytest

from shared.netguard import Address
from tests.integration.notify.transport.hostile import (
    OK,
    Handler,
    Peer,
    always,
    loopback_transport,
    serve,
    silent,
)

pytestmark = pytest.mark.anyio


async def request(
    handler: Handler, method: str = "GET", path: str = "/x", **options: object
) -> httpx.Response:
    async with (
        serve(handler) as server,
        loopback_transport(**options) as ours,
        httpx.AsyncClient(transport=ours) as client,
    ):
        return await client.request(method, server.url(path=path))


async def test_a_response_is_httpx_s_own() -> None:
    head = b"HTTP/1.1 404 No\r\nContent-Type: text/plain; charset=utf-8\r\nX-A: 1\r\nX-A: 2\r\n"
    response = await request(always(head + "content-length: 6\r\n\r\n정상".encode()))
    assert response.status_code == 404
    assert response.text == "정상"
    assert response.headers.get_list("x-a") == ["1", "2"]
    assert response.http_version == "HTTP/1.1"
    assert response.extensions["truncated"] is False
    assert response.request.method == "GET"


async def test_the_request_is_framed_once_and_asks_for_no_compression() -> None:
    async with (
        serve(always(OK)) as server,
        loopback_transport() as ours,
        httpx.AsyncClient(transport=ours, auth=("us", "pw")) as client,
    ):
        await client.post(server.url(path="/a?b=c"), content=b"{}", headers={"X-B": "1"})
        await client.get(server.url())
    posted, got = server.requests
    assert posted.startswith(b"POST /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % server.port)
    assert posted.lower().count(b"\r\nhost:") == 1
    assert posted.lower().count(b"\r\ncontent-length: 2\r\n") == 1
    assert b"\r\naccept-encoding: identity\r\n" in posted
    assert b"gzip" not in posted
    assert b"\r\nX-B: 1\r\n" in posted
    assert b"\r\nAuthorization: Basic dXM6cHc=\r\n" in posted
    assert posted.endswith(b"\r\n\r\n{}")
    assert b"content-length" not in got.lower()


async def test_head_has_no_body_to_wait_for() -> None:
    response = await request(
        always(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"), "HEAD", total_timeout=2.0
    )
    assert (response.status_code, response.content) == (200, b"")


async def test_a_cut_body_says_so() -> None:
    response = await request(
        always(b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n" + b"x" * 50000)
    )
    assert response.content == b"x" * 16384
    assert response.extensions["truncated"] is True


async def test_a_compressed_body_stays_compressed() -> None:
    packed = gzip.compress(b"\0" * 5_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    assert (await request(always(head + packed))).content == packed


async def test_a_redirect_is_followed_only_where_the_client_asks_and_the_guard_admits() -> None:
    moved = b"HTTP/1.1 302 Moved\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    assert (await request(always(moved))).status_code == 302
    async with (
        serve(always(moved)) as server,
        loopback_transport() as ours,
        httpx.AsyncClient(transport=ours, follow_redirects=True) as client,
    ):
        with pytest.raises(httpx.ConnectError, match="blocked: link-local"):
            await client.get(server.url())


async def closing(_: Peer) -> None:
    return


async def unknown(_: str) -> list[Address]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    ("handler", "expected", "message"),
    [
        (closing, httpx.RemoteProtocolError, "reset: "),
        (always(b"garbage\r\n"), httpx.RemoteProtocolError, "protocol: "),
        (silent, httpx.TimeoutException, "timeout: "),
    ],
)
async def test_a_failure_is_httpx_s_exception(
    handler: Handler, expected: type[Exception], message: str
) -> None:
    with pytest.raises(expected, match=message) as caught:
        await request(handler, total_timeout=0.3)
    assert isinstance(caught.value, httpx.TransportError)
    assert caught.value.request.method == "GET"


async def test_what_is_never_connected_is_a_connect_error() -> None:
    with pytest.raises(httpx.ConnectError, match="blocked: loopback"):
        await request(always(OK), allowed_networks=[])
    async with (
        loopback_transport(resolver=unknown) as ours,
        httpx.AsyncClient(transport=ours) as client,
    ):
        with pytest.raises(httpx.ConnectError, match="dns: Name or service not known"):
            await client.get("http://hub.example/")
