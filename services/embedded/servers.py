"""The embedded servers of one home."""

from dataclasses import dataclass, field

from services.embedded.child import Child
from services.embedded.home import Home, make_run_folder
from services.embedded.lock import take_servers_lock
from services.embedded.postgres import Postgres
from services.embedded.privilege import database_account
from services.embedded.supervisor import Supervisor
from services.embedded.valkey import Valkey

LEFTOVER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which servers to embed, and whether commits must survive a loss of power."""

    postgres: bool = True
    valkey: bool = True
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the embedded servers listen; None where none was wanted."""

    database: str | None = field(repr=False)
    broker: str | None


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a home, running or not."""

    home: Home
    postgres: Postgres
    valkey: Valkey
    wanted: Wanted

    @property
    def urls(self) -> Urls:
        """The addresses of those that are wanted."""
        return Urls(
            database=self.postgres.url if self.wanted.postgres else None,
            broker=self.valkey.url if self.wanted.valkey else None,
        )

    async def lock(self) -> int:
        """Wait until none of an earlier hub's servers lives; return the lock's descriptor.

        Close it once the supervisor has stopped.

        Raises:
            StartError: They do not stop.
        """
        leftovers = (self.postgres.leftover, self.valkey.leftover)
        return await take_servers_lock(self.home.servers_lock, leftovers, within=LEFTOVER_SECONDS)

    async def start(self, supervisor: Supervisor, lock: int) -> None:
        """Start those that are wanted, holding the lock, and return once they serve.

        Raises:
            StartError: One of them cannot be started.
        """
        children: list[Child] = []
        if self.wanted.valkey:
            self.valkey.prepare()
            children.append(self.valkey.child(lock))
        if self.wanted.postgres:
            await self.postgres.prepare(lock)
            children.append(self.postgres.child(lock))
        await supervisor.start(*children)


def plan_servers(home: Home, password: str, wanted: Wanted) -> Servers:
    """Decide where a home's servers keep their data and listen; nothing runs yet.

    Raises:
        StartError: No short enough path for sockets, or the data belongs to somebody else.
    """
    run = make_run_folder(home.run)
    postgres = Postgres(
        data=home.postgres,
        sockets=run / "postgres",
        log=home.log / "postgres.log",
        password=password,
        account=database_account(home.postgres),
        durable=wanted.durable,
    )
    valkey = Valkey(home.valkey, run / "valkey", home.log / "valkey.log")
    return Servers(home, postgres, valkey, wanted)
