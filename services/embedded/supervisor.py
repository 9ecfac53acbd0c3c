"""Keeping many children alive, and stopping them in order."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self

import structlog

from services.embedded.child import Child
from services.embedded.errors import StartError
from services.embedded.keeper import Keeper
from services.embedded.logfile import bound_log
from services.embedded.process import end, spawn

LOG_CHECK_SECONDS = 30.0

log = structlog.get_logger("pabal.supervisor")


class Supervisor:
    """Keeps children alive in stages: what starts first stops last.

    Use it as an asynchronous context manager, in the thread that lives longest: the kernel ends
    the children when the *thread* that started them ends.
    """

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._stages: list[list[Keeper]] = []
        self._logs: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to keep the children's logs below their limit."""
        self._logs = asyncio.create_task(self._bound_logs(), name="bound logs")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        await self.stop()

    async def start(self, *children: Child) -> None:
        """Start a stage: its children side by side; return once each is ready.

        Raises:
            StartError: A child cannot be started, or is not ready in time.
        """
        stage = [Keeper(child) for child in children]
        self._stages.append(stage)
        starts = [asyncio.create_task(keeper.start()) for keeper in stage]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()

    async def run(self, child: Child, *, within: float) -> None:
        """Run a child once, to its end.

        Raises:
            StartError: It failed, or took longer than ``within`` seconds.
        """
        process = await spawn(child)
        log.info("child.started", child=child.name, pid=process.pid)
        try:
            async with asyncio.timeout(within):
                status = await process.wait()
        except TimeoutError as error:
            raise StartError(f"{child.name} did not end within {within:g} s") from error
        finally:
            await end(process)
        if status != 0:
            raise StartError(f"{child.name} failed (status {status})")

    async def stop(self) -> None:
        """Stop every child, the last stage first; safe to call again."""
        while self._stages:
            stage = self._stages.pop()
            await asyncio.gather(*(keeper.stop() for keeper in stage))
        if self._logs is not None:
            self._logs.cancel()
            with suppress(asyncio.CancelledError):
                await self._logs

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            for path in {keeper.child.log for stage in self._stages for keeper in stage}:
                if path is not None:
                    _bound(path)


def _bound(path: Path) -> None:
    try:
        if bound_log(path):
            log.info("child.log_rotated", path=str(path))
    except OSError as error:
        log.warning("child.log_unbounded", path=str(path), error=str(error))
