"""Keeping one child alive."""

import asyncio
from asyncio.subprocess import Process
from contextlib import suppress
from time import monotonic

import structlog

from services.embedded.backoff import deaths_in_a_row, restart_delay
from services.embedded.child import Child
from services.embedded.errors import StartError
from services.embedded.process import end, signal_group, spawn

POLL_SECONDS = 0.05
TRIES = 3
HARSH_STOP_SECONDS = 0.2

log = structlog.get_logger("pabal.supervisor")


class Keeper:
    """Starts a child, starts it again whenever it dies, and stops it."""

    def __init__(self, child: Child) -> None:
        """Prepare to keep ``child``; nothing runs before `start`."""
        self.child = child
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._served = child.ready is None

    async def start(self) -> None:
        """Start the child and return once it is ready.

        Raises:
            StartError: It died three times before it was ever ready, or took too long.
        """
        began = monotonic()
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.child.name}")
        while not await self._ready():
            if self._task.done():
                await self._task
            if monotonic() - began > self.child.ready_within:
                raise StartError(
                    f"{self.child.name} was not ready within {self.child.ready_within:g} s"
                    f"{_hint(self.child)}"
                )
            await asyncio.sleep(POLL_SECONDS)
        self._served = True
        log.info("child.ready", child=self.child.name, seconds=round(monotonic() - began, 3))

    async def stop(self) -> None:
        """Stop the child: cleanly if it can within its time, else at once."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, StartError):
                await self._task
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(self.child.stop_signal)
        if not await _ended(process, self.child.stop_within):
            log.warning("child.stop_forced", child=self.child.name, pid=process.pid)
            signal_group(process, self.child.death_signal)
            await _ended(process, HARSH_STOP_SECONDS)
        await end(process)
        log.info("child.stopped", child=self.child.name, pid=process.pid)

    async def _ready(self) -> bool:
        return self.child.ready is None or await self.child.ready()

    async def _keep(self) -> None:
        deaths = 0
        while True:
            began = monotonic()
            status = await self._live()
            lived = monotonic() - began
            deaths = deaths_in_a_row(deaths, lived)
            log.warning("child.died", child=self.child.name, status=status, lived_s=round(lived, 3))
            if not self._served and deaths >= TRIES:
                raise StartError(
                    f"{self.child.name} cannot be started: it ended {deaths} times at once"
                    f" (status {status}){_hint(self.child)}"
                )
            delay = restart_delay(deaths)
            log.info("child.restarting", child=self.child.name, deaths=deaths, delay_s=delay)
            await asyncio.sleep(delay)

    async def _live(self) -> int | str:
        """Run the child for one life; return its exit status or the signal that ended it."""
        try:
            self._process = process = await spawn(self.child)
        except StartError as error:
            return str(error)
        log.info("child.started", child=self.child.name, pid=process.pid)
        status = await process.wait()
        # What it started itself must not outlive it: the next life would meet it.
        await end(process)
        return status if status >= 0 else f"signal {-status}"


async def _ended(process: Process, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await process.wait()
    except TimeoutError:
        return False
    return True


def _hint(child: Child) -> str:
    return "" if child.log is None else f"; its log is {child.log}"
