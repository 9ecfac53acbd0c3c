"""The one-command hub: servers, migrations, then the hub's own processes."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import structlog

from services.embedded.apps import app_environment, check_port, children, local_url
from services.embedded.child import Child
from services.embedded.errors import StartError
from services.embedded.home import Home, make_home
from services.embedded.lock import take_hub_lock
from services.embedded.secret_files import load_secrets, write_private
from services.embedded.servers import Wanted, plan_servers
from services.embedded.supervisor import Supervisor
from shared.settings import Settings

PABAL = (sys.executable, "-m", "services.cli")
MIGRATE_SECONDS = 600.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = structlog.get_logger("pabal.hub")


@dataclass(frozen=True, slots=True)
class HubUrls:
    """Where a running hub is.

    Attributes:
        local: Its address on this machine.
        public: Its address as others see it.
    """

    local: str
    public: str


OnReady = Callable[[HubUrls], None]


def run_hub(
    settings: Settings,
    on_ready: OnReady,
    *,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = PABAL,
) -> int:
    """Run the whole hub until SIGINT, SIGTERM or SIGHUP; return the exit status.

    Args:
        settings: A database or broker URL given here is used; else its server is embedded.
        on_ready: Called once, when everything serves.
        environment: The environment of the hub's processes, ours by default; the settings that
            they need are added.
        program: The command line of the `pabal` command.

    Returns:
        0 after a clean stop; 1 where the hub cannot start, the reason on stderr.
    """
    base = os.environ if environment is None else environment
    hub = _Hub(settings, on_ready, base, tuple(program))
    try:
        asyncio.run(hub.run())
    except StartError as error:
        print(f"pabal: {error}", file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class _Hub:
    settings: Settings
    on_ready: OnReady
    environment: Mapping[str, str]
    program: tuple[str, ...]

    async def run(self) -> None:
        """Run until a signal asks to stop; then everything has stopped."""
        work = asyncio.create_task(self._work())
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            # Under nohup a hang-up is ignored, and stays so.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, _cancel_once, work)
        await asyncio.wait({work})
        if not work.cancelled():
            work.result()

    async def _work(self) -> None:
        home = make_home(self.settings.home)
        with ExitStack() as closing:
            closing.callback(os.close, take_hub_lock(home.hub_lock))
            home.hub_file.unlink(missing_ok=True)
            closing.callback(home.hub_file.unlink, missing_ok=True)
            check_port(self.settings.host, self.settings.port)
            made = load_secrets(home.secrets, data_exists=home.postgres.exists())
            servers = plan_servers(home, made.database_password, self._wanted())
            lock = await servers.lock()
            closing.callback(os.close, lock)
            async with Supervisor() as supervisor:
                await servers.start(supervisor, lock)
                environment = app_environment(self.environment, self.settings, made, servers.urls)
                await self._start_apps(supervisor, home, environment)
                await asyncio.Event().wait()

    def _wanted(self) -> Wanted:
        given = self.settings
        return Wanted(postgres=given.database_url is None, valkey=given.broker_url is None)

    async def _start_apps(
        self, supervisor: Supervisor, home: Home, environment: Mapping[str, str]
    ) -> None:
        migrate = Child("migrate", (*self.program, "migrate"), environment)
        await supervisor.run(migrate, within=MIGRATE_SECONDS)
        where = HubUrls(local_url(self.settings), self.settings.base_url)
        await supervisor.start(*children(self.program, environment, where.local))
        hub_file = {"url": where.local, "public_url": where.public, "pid": os.getpid()}
        write_private(home.hub_file, json.dumps(hub_file))
        self.on_ready(where)


def _cancel_once(work: asyncio.Task[None]) -> None:
    # A second signal changes nothing: the stop is bounded already.
    if work.cancelling() == 0:
        log.info("hub.stopping")
        work.cancel()
