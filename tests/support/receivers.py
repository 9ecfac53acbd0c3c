"""A receiver of webhooks on loopback: answers as planned, and remembers what came."""

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver says: after ``seconds``, and after the ``gate`` is open."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    gate: threading.Event | None = None


OK = Answer()
NEVER = Answer(seconds=600)


@dataclass(frozen=True, slots=True)
class Request:
    """One delivery as it came; ``at`` in seconds of the monotonic clock."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """The envelope."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def id(self) -> str:
        """The event's id, as the header has it."""
        return self.headers["webhook-id"]

    @property
    def sequence(self) -> int:
        """The event's sequence."""
        sequence: int = self.event["sequence"]
        return sequence

    def verify(self, secret: str) -> None:
        """Raise unless the public reference library finds the signature genuine."""
        Webhook(secret).verify(self.body, dict(self.headers))


class Receiver:
    """Many endpoints behind one port, told apart by path."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.most_at_once: Counter[str] = Counter()
        self.url = ""
        self._now: Counter[str] = Counter()
        self._planned: dict[str, deque[Answer]] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def plan(self, path: str, *answers: Answer) -> None:
        """Answer requests to a path so, one after the other; the last answer stays."""
        with self._locks[path]:
            self._planned[path] = deque(answers)

    def got(self, path: str) -> list[Request]:
        """Return what came to a path, in order."""
        return [request for request in self.requests if request.path == path]

    def sequences(self, path: str) -> list[int]:
        """Return the sequences of what came to a path, in order of arrival."""
        return [request.sequence for request in self.got(path)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while True:
                await self._exchange(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read(reader)
        self.requests.append(request)
        self._now[request.path] += 1
        self.most_at_once[request.path] = max(
            self.most_at_once[request.path], self._now[request.path]
        )
        answer = self._next(request.path)
        try:
            await asyncio.sleep(answer.seconds)
            while answer.gate is not None and not answer.gate.is_set():
                await asyncio.sleep(0.002)
        finally:
            self._now[request.path] -= 1
        lines = [f"HTTP/1.1 {answer.status} Planned"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != 204:
            lines.append("content-length: 0")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()

    def _next(self, path: str) -> Answer:
        with self._locks[path]:
            planned = self._planned.get(path)
            if not planned:
                return OK
            return planned.popleft() if len(planned) > 1 else planned[0]


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(first.split(" ")[1], headers, body, time.monotonic())


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver in a thread of its own."""
    receiver = Receiver()
    loop = asyncio.new_event_loop()
    started, ended = threading.Event(), asyncio.Event()

    async def run() -> None:
        serving: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            serving.add(asyncio.create_task(receiver.serve(reader, writer)))

        server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1024)
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        await ended.wait()
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), name="receiver")
    thread.start()
    try:
        assert started.wait(10)
        yield receiver
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()
