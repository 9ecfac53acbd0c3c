"""Starting a child's process, and running one to its end."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import suppress

from services.embedded.child import Child, launch_command
from services.embedded.errors import StartError
from services.embedded.logfile import open_log

SHOWN_OUTPUT = 2000


async def spawn(child: Child) -> Process:
    """Start a child in a session of its own, so that a terminal's Ctrl-C reaches only its parent.

    Raises:
        StartError: Its log cannot be opened, or the system starts no more processes.
    """
    try:
        log = None if child.log is None else open_log(child.log)
        try:
            return await asyncio.create_subprocess_exec(
                *launch_command(child, os.getpid()),
                env=dict(child.environment),
                cwd=None if log is None else "/",
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=child.inherited,
            )
        finally:
            if log is not None:
                os.close(log)
    except OSError as error:
        raise StartError(f"{child.name} cannot be started: {error}") from error


async def run_to_end(child: Child, *, within: float, typed: bytes = b"") -> None:
    """Run a server's tool, feed it ``typed``, and wait until it has ended well.

    Raises:
        StartError: It failed (the message ends with its output) or took longer than ``within``
            seconds.
    """
    process = await asyncio.create_subprocess_exec(
        *launch_command(child, os.getpid()),
        env=dict(child.environment),
        cwd="/",
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
        pass_fds=child.inherited,
    )
    try:
        async with asyncio.timeout(within):
            output, _ = await process.communicate(typed)
    except TimeoutError as error:
        raise StartError(f"{child.name} did not end within {within:g} s") from error
    finally:
        await end(process)
    if process.returncode != 0:
        shown = output.decode(errors="replace").strip()[-SHOWN_OUTPUT:]
        raise StartError(f"{child.name} failed (status {process.returncode}): {shown}")


async def end(process: Process) -> None:
    """End a child and whatever it started, at once; nothing where none of them lives."""
    signal_group(process, signal.SIGKILL)
    await process.wait()


def signal_group(process: Process, number: signal.Signals) -> None:
    """Signal a child and whatever it started; nothing where none of them lives."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
