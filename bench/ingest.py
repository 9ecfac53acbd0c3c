"""Measures durable ingest over HTTP: one post a request, batches of 1,000, a batch of 100,000.

Run ``python -m bench.ingest``. It starts its own PostgreSQL (with durable commits), Valkey and one
web process; the client is this process, so that both share the machine's cores. Before and after
stands how often this disk syncs in the same minutes, since every answer waits for that; and what
a post costs in each part, as time of one core.
"""

import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator

import httpx
import uvloop

from bench.table import row, timed
from bench.transport import machine
from services.ingest.accept import accept
from services.ingest.submit import submit
from services.notify.transport.transport import DeliveryTransport
from shared import log
from shared.clock import utc_now
from shared.db import engine
from shared.db.migrate import migrate
from shared.keys import Scope
from shared.settings import settings
from tests.support.servers import running_servers
from tests.support.session import key, use
from tests.support.web import Web, web

SECONDS = 5.0
AT_ONCE = (1, 16)
BATCH, BATCHES, MANY = 1000, 10, 100_000
_numbers = itertools.count()


def main() -> None:
    """Start everything, measure, print, end it."""
    with running_servers(durable=True) as servers:
        use(
            PABAL_DATABASE_URL=servers.database_url,
            PABAL_BROKER_URL=servers.broker_url,
            PABAL_ALLOWED_NETWORKS="127.0.0.0/8",
            PABAL_LOG_LEVEL="warning",
        )
        log.configure("bench")
        migrate()
        print(machine())
        row("this disk syncs, before", syncs(), "syncs/s")
        with web() as process:
            over_http(process, {"authorization": f"Bearer {key(Scope.PUBLISH)}"})
        row("this disk syncs, after", syncs(), "syncs/s")
        parts()
        engine.database().dispose()


def over_http(process: Web, headers: dict[str, str]) -> None:
    """Measure what a publisher sees."""
    for at_once in AT_ONCE:
        rate = uvloop.run(singles(process.url, headers, at_once))
        row(f"one post a request, {at_once} at once", rate, "posts/s")
    with httpx.Client(base_url=process.url, headers=headers, timeout=600) as client:
        rates = [BATCH / timed(lambda: batch(client, BATCH)) for _ in range(BATCHES)]
        row(f"batches of {BATCH}, one at a time, median", statistics.median(rates), "posts/s")
        row(f"batches of {BATCH}, one at a time, best", max(rates), "posts/s")
        process.forget_peak()
        before = process.memory()
        row(f"one batch of {MANY}", MANY / timed(lambda: batch(client, MANY)), "posts/s")
        row("  the web process grew by", (process.peak() - before) / 2**20, "MiB")


async def singles(url: str, headers: dict[str, str], at_once: int) -> float:
    """Return how many posts a second are accepted, one a request."""
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    given.append((b"content-type", b"application/json"))
    deadline = time.perf_counter() + SECONDS
    done = 0
    async with DeliveryTransport(
        allowed_networks=settings().allowed_networks, max_connections_per_origin=at_once
    ) as transport:

        async def publish() -> None:
            nonlocal done
            while time.perf_counter() < deadline:
                outcome = await transport.exchange(f"{url}/v1/posts", given, text())
                if outcome.status != httpx.codes.CREATED:
                    raise RuntimeError(f"the hub answered {outcome}")
                done += 1

        started = time.perf_counter()
        await asyncio.gather(*(publish() for _ in range(at_once)))
        return done / (time.perf_counter() - started)


def batch(client: httpx.Client, count: int) -> None:
    """Send one batch; all of it has to be stored."""
    headers = {"content-type": "application/x-ndjson"}
    answer = client.post("/v1/posts/batch", content=lines(count), headers=headers)
    if answer.json()["stored"] != count:
        raise RuntimeError(f"the hub answered {answer.text[:500]}")


def lines(count: int) -> Iterator[bytes]:
    """Yield posts as NDJSON in chunks; 100,000 of them have to fit into a batch."""
    size = 2100 if count <= BATCH else 400
    for _ in range(count // 100):
        yield b"".join(text(size) + b"\n" for _ in range(100))


def text(size: int = 2100) -> bytes:
    """Return a new post with a body of so many bytes, as JSON."""
    number = next(_numbers)
    post = {
        "id": f"bench:{number}",
        "url": f"https://city.example/news/{number}",
        "title": f"Post {number}",
        "section": "news",
        "language": "ko" if number % 2 else "en",
        "content_html": "<p>" + "서울 " * (size // 7) + "</p>",
    }
    return json.dumps(post, ensure_ascii=False).encode()


def parts() -> None:
    """Measure what one core does for a post: reading it, and storing it."""
    given = [json.loads(text()) for _ in range(5 * BATCH)]
    started = time.process_time()
    posts = [accept(each, settings()) for each in given]
    row("validate and sanitise, a core", len(posts) / (time.process_time() - started), "posts/s")

    def store() -> None:
        for first in range(0, len(posts), BATCH):
            with engine.transaction() as connection:
                submit(connection, posts[first : first + BATCH], utc_now(), None)

    started = time.process_time()
    seconds = timed(store)
    own = len(posts) / (time.process_time() - started)
    row(f"store, transactions of {BATCH}, a core", own, "posts/s")
    row(f"store, transactions of {BATCH}", len(posts) / seconds, "posts/s")


def syncs() -> float:
    """Return how many small writes a second the disk makes durable."""
    with tempfile.NamedTemporaryFile() as file:

        def write() -> None:
            for _ in range(200):
                os.write(file.fileno(), b"x" * 8192)
                os.fdatasync(file.fileno())

        return 200 / timed(write)


if __name__ == "__main__":
    main()
