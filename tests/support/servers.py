"""One PostgreSQL and one Valkey for a whole test session."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TypeVar

from services.embedded.home import make_home
from services.embedded.servers import Servers, Wanted, plan_servers
from services.embedded.supervisor import Supervisor

T = TypeVar("T")

CALL_SECONDS = 120.0
PASSWORD = "only-for-tests"


@dataclass(frozen=True, slots=True)
class TestServers:
    """Where the servers of a test session are.

    Attributes:
        database_url: PostgreSQL, as psycopg takes it.
        broker_url: Valkey, as redis-py takes it.
        home: The folder of their data, sockets and logs.
    """

    __test__ = False

    database_url: str
    broker_url: str
    home: Path


@contextmanager
def running_servers(*, durable: bool = False) -> Iterator[TestServers]:
    """Run both servers in a temporary folder; they end with the block, or with this process.

    A server that a test kills is started again.

    Args:
        durable: Whether commits survive a loss of power; without it tests are faster.

    Raises:
        StartError: A server cannot be started.
    """
    with ExitStack() as closing:
        home = make_home(Path(tempfile.mkdtemp(prefix="pabal-")) / "home")
        closing.callback(shutil.rmtree, home.root.parent)
        if os.geteuid() == 0:
            home.root.parent.chmod(0o711)
        loop = _Loop()
        closing.callback(loop.close)
        servers = plan_servers(home, PASSWORD, Wanted(durable=durable))
        closing.callback(os.close, lock := loop.call(servers.lock()))
        supervisor = loop.call(_started(servers, lock))
        closing.callback(lambda: loop.call(supervisor.stop()))
        yield TestServers(servers.postgres.url, servers.valkey.url, home.root)


async def _started(servers: Servers, lock: int) -> Supervisor:
    supervisor = await Supervisor().__aenter__()
    try:
        await servers.start(supervisor, lock)
    except BaseException:
        await supervisor.stop()
        raise
    return supervisor


class _Loop:
    """An event loop in a thread that lives as long as the session: its children die with it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="test servers", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_SECONDS)
        self._loop.close()
