"""Limits per key: exact over processes, before the body, and there while Redis is not."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from shared.keys import Scope
from shared.settings import settings
from shared.web.limit import Limiter, limiter
from tests.integration.ingest.submissions import a_post
from tests.integration.ingest.test_refusals import problem
from tests.support.polling import until
from tests.support.servers import TestServers
from tests.support.session import Api, key
from tests.support.web import Web, web

LIMIT = 5


@pytest.fixture
def limiters(database: TestServers, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Limiter]]:
    """Two limiters with one Redis, as two processes have."""
    monkeypatch.setenv("PABAL_RATE_LIMIT", str(LIMIT))
    settings.cache_clear()
    made = []
    for _ in range(2):
        limiter.cache_clear()
        one = limiter()
        assert one is not None
        made.append(one)
    yield made
    monkeypatch.delenv("PABAL_RATE_LIMIT")
    for cached in (settings, limiter):
        cached.cache_clear()


def test_all_processes_count_together(limiters: list[Limiter]) -> None:
    def admitted(attempt: int) -> int:
        with ThreadPoolExecutor(8) as pool:
            work = pool.map(lambda n: limiters[n % 2].admits(f"key-{attempt}"), range(8 * LIMIT))
            return sum(work)

    def quick() -> list[int]:
        began = time.monotonic()
        found = admitted(int(began * 1000))
        return [found] if time.monotonic() - began < 0.9 else []

    assert until(quick, "forty requests within a second", 60) == [LIMIT]


@pytest.fixture(scope="module")
def process(servers: TestServers) -> Iterator[Web]:
    """A web process whose Redis takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        port = frozen.getsockname()[1]
        more = {"PABAL_RATE_LIMIT": str(LIMIT), "PABAL_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
        with web(**more) as running:
            yield running


@pytest.fixture
def api(database: TestServers, process: Web) -> Iterator[Api]:
    client = Api(process.url)
    yield client
    client.close()


def burst(api: Api, count: int) -> list[httpx.Response]:
    """Use a new key so often within a second; with another one where the machine is too busy."""

    def quick() -> list[httpx.Response]:
        api.http.headers["authorization"] = f"Bearer {key(Scope.PUBLISH)}"
        began = time.monotonic()
        with ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(lambda _: api("GET", "/v1/posts/a"), range(count)))
        return answers if time.monotonic() - began < 0.9 else []

    return until(quick, "a burst within a second", 60)


def test_more_than_so_many_requests_a_second_are_429_though_redis_is_frozen(api: Api) -> None:
    answers = burst(api, 3 * LIMIT)
    assert sorted(a.status_code for a in answers) == [404] * LIMIT + [429] * (2 * LIMIT)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert problem(refused, 429, "too-many-requests") == []
    assert refused.headers["retry-after"] == "1"


def test_a_second_later_the_key_is_admitted_again(api: Api) -> None:
    burst(api, 2 * LIMIT)
    until(lambda: api("POST", "/v1/posts", json=a_post()).status_code == 201, "to be admitted", 10)


def test_a_refusal_comes_before_the_body(api: Api, process: Web) -> None:
    where = urlsplit(process.url)

    def answered() -> bytes:
        burst(api, 2 * LIMIT)
        head = (
            "POST /v1/posts/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
            f"Authorization: {api.http.headers['authorization']}\r\nContent-Length: 99999\r\n\r\n"
        )
        with socket.create_connection((where.hostname, where.port), timeout=2) as connection:
            connection.sendall(head.encode())
            try:
                return connection.recv(65_536)
            except TimeoutError:
                return b""  # The machine was so busy that the second was over.

    assert until(answered, "an answer without a body", 60).startswith(b"HTTP/1.1 429 ")
