"""Fetching from strangers: bounded in time, size and hops, and never into a private network."""

import asyncio
import zlib
from collections.abc import Awaitable, Mapping, Sequence
from ipaddress import IPv6Address
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx

from services.ingest.sources.source import Fetched, FetchError
from shared.netguard import Address, Network
from shared.resolve import Denied, Resolver, vetted
from shared.urls import port_of, web_url

LIMIT = 16 * 1024 * 1024
"""The largest body that is read, in bytes, unpacked."""

SECONDS = 15
"""How long one fetch may take, redirects and all."""

HOPS = 5
_PERMANENT, _TEMPORARY = (301, 308), (302, 303, 307)
_TRIED = 3
_GZIP_OR_ZLIB = 47  # zlib's own way to say: tell by the header


class Fetcher:
    """One client for many fetches at once."""

    def __init__(self, allowed: Sequence[Network], resolver: Resolver, agent: str) -> None:
        """Reach whatever the guard admits; ``agent`` is what the hub calls itself."""
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(SECONDS),
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"User-Agent": agent, "Accept-Encoding": "gzip"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """Fetch, following redirects; raises ``FetchError``."""
        return await self._within_time(self._follow(url, headers))

    async def post(self, url: str, form: Mapping[str, str]) -> Fetched:
        """Send a form; redirects are answers like any other. Raises ``FetchError``."""
        return await self._within_time(self._send("POST", url, {}, form))

    async def _within_time(self, fetching: Awaitable[Fetched]) -> Fetched:
        try:
            async with asyncio.timeout(SECONDS):
                return await fetching
        except TimeoutError:
            raise FetchError(f"no whole answer within {SECONDS} s") from None
        except Denied as denied:
            raise FetchError(f"the address is not to be reached ({denied})") from None
        except httpx.HTTPError as error:
            raise FetchError(_words(error)) from error
        except OSError as error:
            raise FetchError(error.strerror or "the name has no address") from error

    async def _follow(self, url: str, headers: Mapping[str, str]) -> Fetched:
        moved_to: str | None = None
        permanent = True
        for _ in range(HOPS + 1):
            answer = await self._send("GET", url, headers, None)
            location = answer.headers.get("location")
            if answer.status not in _PERMANENT + _TEMPORARY or not location:
                return Fetched(answer.status, answer.headers, answer.body, url, moved_to)
            permanent = permanent and answer.status in _PERMANENT
            url = _target(urljoin(url, location), self._allowed)
            moved_to = url if permanent else moved_to
        raise FetchError(f"more than {HOPS} redirects")

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Fetched:
        parts = urlsplit(url)
        host = parts.hostname or ""
        addresses = await vetted(host, port_of(parts), self._allowed, self._resolver)
        failure: httpx.ConnectError | None = None
        for address in addresses[:_TRIED]:
            request = self._client.build_request(
                method,
                httpx.URL(url).copy_with(host=_literal(address)),
                headers={**headers, "Host": parts.netloc},
                data=dict(form) if form is not None else None,
                # TLS names and verifies the host; only the address is ours.
                extensions={"sni_hostname": host},
            )
            try:
                answer = await self._client.send(request, stream=True)
            except httpx.ConnectError as error:
                failure = error
                continue
            try:
                body = await _read(answer)
            finally:
                await answer.aclose()
            return Fetched(answer.status_code, answer.headers, body, url, None)
        assert failure is not None
        raise failure


def _target(url: str, allowed: Sequence[Network]) -> str:
    try:
        return web_url(url, allowed=allowed)
    except ValueError as error:
        raise FetchError(f"redirected to an address that {error}") from None


async def _read(answer: httpx.Response) -> bytes:
    """Read and unpack a body within the limit: a small one may unpack to a very large one."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise FetchError(f"packed as {coding}, which was not asked for")
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB) if "gzip" in coding else None
    body = bytearray()
    try:
        async for chunk in answer.aiter_raw():
            body += unpack.decompress(chunk, LIMIT + 1 - len(body)) if unpack else chunk
            if len(body) > LIMIT:
                raise FetchError(f"larger than {LIMIT} bytes")
    except zlib.error as error:
        raise FetchError("packed in a way that cannot be unpacked") from error
    return bytes(body)


def _literal(address: Address) -> str:
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def _words(error: httpx.HTTPError) -> str:
    kinds = {
        httpx.ConnectError: "no connection",
        httpx.RemoteProtocolError: "the answer is not HTTP, or was cut short",
        httpx.ReadError: "the connection broke",
        httpx.TimeoutException: "no answer in time",
    }
    said = next((words for kind, words in kinds.items() if isinstance(error, kind)), "failed")
    return f"{said} ({error})" if str(error) else said
