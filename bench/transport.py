"""Compares HTTP clients for deliveries: stock httpx, httpx over our transport, our exchange.

Run ``python -m bench.transport``. A second process answers 204 on loopback; each client then
posts 1.2 KB bodies, 64 in flight, for a few seconds, in rounds that take turns so that a busy
machine disturbs all of them alike. Prints the median rate of each and the facts of the machine.
"""

import argparse
import asyncio
import itertools
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_network
from pathlib import Path
from typing import cast

import httpx
import uvloop

from services.notify.transport.transport import DeliveryTransport

_IN_FLIGHT = 64
_WARM_UP_SECONDS = 0.1
_BODY = b'{"data": "' + b"x" * 1188 + b'"}'
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"user-agent", b"pabal"),
    (b"webhook-id", b"evt_0198f3c2a1b27c3d8e4f5a6b7c8d9e0f"),
    (b"webhook-timestamp", b"1772000000"),
    (b"webhook-signature", b"v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
]
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
Send = Callable[[str], Awaitable[int | None]]


class _Sink(asyncio.Protocol):
    """Answers whenever a whole request has come; counts bytes, parses nothing else."""

    def __init__(self) -> None:
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            size = end + 4 + len(_BODY)
            if len(self._pending) < size:
                return
            self._pending = self._pending[size:]
            self._transport.write(_ANSWER)


async def _serve(origins: int) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(_Sink, "127.0.0.1", 0) for _ in range(origins)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    print(*ports, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@dataclass(frozen=True, slots=True)
class Rate:
    """Exchanges answered with 204, by the clock and by this process's own CPU time."""

    per_second: float
    per_cpu_second: float


async def _measure(send: Send, urls: list[str], seconds: float) -> Rate:
    done = 0
    turns = itertools.cycle(urls)
    deadline = time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < deadline:
            status = await send(next(turns))
            if status != httpx.codes.NO_CONTENT:
                raise RuntimeError(f"the sink answered {status}")
            done += 1

    started, cpu_started = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(_IN_FLIGHT)))
    elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    return Rate(done / elapsed, done / cpu)


async def _clients(stack: AsyncExitStack) -> dict[str, Send]:
    allowed = [ip_network("127.0.0.0/8")]
    stock = await stack.enter_async_context(httpx.AsyncClient(timeout=15))
    direct = await stack.enter_async_context(DeliveryTransport(allowed_networks=allowed))
    under = DeliveryTransport(allowed_networks=allowed)
    client = await stack.enter_async_context(httpx.AsyncClient(transport=under, timeout=15))

    async def by_stock(url: str) -> int:
        return (await stock.post(url, headers=_HEADERS, content=_BODY)).status_code

    async def by_client(url: str) -> int:
        return (await client.post(url, headers=_HEADERS, content=_BODY)).status_code

    async def by_exchange(url: str) -> int | None:
        return (await direct.exchange(url, _HEADERS, _BODY)).status

    return {
        "httpx.AsyncClient as it comes": by_stock,
        "httpx.AsyncClient over our transport": by_client,
        "DeliveryTransport.exchange": by_exchange,
    }


async def _compare(ports: list[int], seconds: float, rounds: int) -> None:
    sets = {"1 origin": ports[:1], f"{len(ports)} origins": ports}
    rates: dict[tuple[str, str], list[Rate]] = {}
    async with AsyncExitStack() as stack:
        clients = await _clients(stack)
        for _ in range(rounds):
            for label, chosen in sets.items():
                urls = [f"http://127.0.0.1:{port}/hooks/{port}" for port in chosen]
                for name, send in clients.items():
                    await _measure(send, urls, _WARM_UP_SECONDS)
                    rate = await _measure(send, urls, seconds)
                    rates.setdefault((name, label), []).append(rate)
    _print_table(list(clients), list(sets), rates)


def _print_table(
    clients: list[str], sets: list[str], rates: dict[tuple[str, str], list[Rate]]
) -> None:
    columns = [f"{label}{unit}" for label in sets for unit in (": /s", ", /s of CPU")]
    print(f"{f'{_IN_FLIGHT} in flight, medians':<40}", *(f"{text:>24}" for text in columns))
    for name in clients:
        cells = []
        for label in sets:
            measured = rates[name, label]
            cells.append(statistics.median(rate.per_second for rate in measured))
            cells.append(statistics.median(rate.per_cpu_second for rate in measured))
        print(f"{name:<40}", *(f"{cell:>24,.0f}" for cell in cells))


def machine() -> str:
    """Return the facts of this machine in a line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [row for row in cpuinfo.read_text().splitlines() if row.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"CPython {platform.python_version()}, httpx {httpx.__version__}, "
        f"uvloop {version('uvloop')}, load {load}"
    )


def main() -> None:
    """Start the sink, measure, print, end the sink."""
    parser = argparse.ArgumentParser(description="Compare HTTP clients for deliveries.")
    parser.add_argument("--seconds", type=float, default=0.7, help="per client, origins and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--origins", type=int, default=200)
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if options.sink:
            runner.run(_serve(options.origins))
            return
        command = [sys.executable, "-m", "bench.transport", "--sink"]
        command += ["--origins", str(options.origins)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as sink:
            assert sink.stdout is not None
            ports = [int(port) for port in sink.stdout.readline().split()]
            print(machine())
            runner.run(_compare(ports, options.seconds, options.rounds))
            sink.communicate()


if __name__ == "__main__":
    main()
