"""Measures the way of a post behind ingest: relay, rebuild, fan-out, delivery.

Run ``python -m bench.pipeline``. It starts its own PostgreSQL (with durable commits) and Valkey,
and a sink on loopback in a second process. Prints a table.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop
from sqlalchemy import text

from bench.table import row, store, timed
from services.feeds.rebuild import rebuild
from services.ingest.accept import accept
from services.ingest.relay import relay
from services.notify import endpoints, partners
from services.notify.engine import Engine
from services.notify.fan_out import fan_out
from services.notify.sender import Sender
from services.notify.signing import new_secret
from services.notify.transport.transport import DeliveryTransport
from shared import log
from shared.db import engine
from shared.db.migrate import migrate
from shared.schema.endpoint import Endpoint
from shared.schema.partner import Partner
from shared.schema.post import Post
from shared.settings import settings
from tests.support.servers import running_servers
from tests.support.session import use

BATCHES, BATCH = 5, 1000
ENDPOINTS, ORIGINS = 5000, 200
DEADLINE = 60.0


def main() -> None:
    """Start the servers and the sink, measure, print, end them."""
    with running_servers(durable=True) as servers, sink() as ports:
        use(
            PABAL_DATABASE_URL=servers.database_url,
            PABAL_BROKER_URL=servers.broker_url,
            PABAL_SECRET_KEYS="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            PABAL_ALLOWED_NETWORKS="127.0.0.0/8",
            PABAL_ALLOW_HTTP="1",
            PABAL_LOG_LEVEL="warning",
        )
        log.configure("bench")
        migrate()
        batches()
        row("relay", rate(BATCHES * BATCH, relay), "events/s")
        row("rebuild after that burst", timed(rebuild), "s")
        fan_out(0.0)
        subscribe(ports)
        store([post(0)])
        relay()
        row(f"fan out one event to {ENDPOINTS}", timed(lambda: fan_out(0.0)), "s")
        seconds = uvloop.run(delivered())
        row("deliver, signed and recorded", ENDPOINTS / seconds, "deliveries/s")
        engine.database().dispose()


def rate(count: int, work: Callable[[], Any]) -> float:
    """Return how many a second a piece of work gets done."""
    return count / timed(work)


def post(number: int) -> Post:
    """Return a post of 2 KB."""
    return accept(
        {
            "id": f"bench:{number}:{time.monotonic_ns()}",
            "url": f"https://city.example/news/{number}",
            "title": f"Post {number}",
            "section": "news",
            "language": "ko" if number % 2 else "en",
            "content_html": "<p>" + "서울 " * 300 + "</p>",
        },
        settings(),
    )


def batches() -> None:
    """Store posts in batches."""
    for first in range(0, BATCHES * BATCH, BATCH):
        store([post(first + number) for number in range(BATCH)])


def subscribe(ports: list[int]) -> None:
    """Make one partner with many endpoints."""
    record = Partner.model_validate({"id": "bench", "name": "Bench", "timezone": "Asia/Seoul"})
    with engine.transaction() as connection:
        partners.create(connection, record, "token")
        secret = new_secret()
        for number in range(ENDPOINTS):
            url = f"http://127.0.0.1:{ports[number % len(ports)]}/hooks/{number}"
            endpoints.create(connection, Endpoint(partner="bench", url=url), secret)


async def delivered() -> float:
    """Return the seconds until every delivery is recorded as delivered."""
    transport = DeliveryTransport(allowed_networks=settings().allowed_networks)
    working = Engine(engine.dsn(), Sender(transport, settings().retry_schedule))
    started = time.perf_counter()
    running = asyncio.create_task(working.run())
    while undone() and time.perf_counter() - started < DEADLINE:
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - started
    working.stop()
    await running
    await transport.aclose()
    return seconds


def undone() -> int:
    """Return how many deliveries are still owed."""
    with engine.transaction() as connection:
        query = text("SELECT count(*) FROM notify.delivery WHERE state <> 'delivered'")
        return int(connection.execute(query).scalar_one())


@contextmanager
def sink() -> Iterator[list[int]]:
    """Answer 204 on many ports of loopback, in a process of its own."""
    command = [sys.executable, "-m", "bench.transport", "--sink", "--origins", str(ORIGINS)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield [int(port) for port in process.stdout.readline().split()]
        process.communicate()


if __name__ == "__main__":
    main()
