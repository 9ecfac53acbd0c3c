"""The embedded servers of one home, for the length of a block."""

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from services.embedded.home import make_home
from services.embedded.secret_files import load_secrets
from services.embedded.servers import Servers, Wanted, plan_servers
from services.embedded.supervisor import Supervisor


@asynccontextmanager
async def serving(root: Path) -> AsyncIterator[Servers]:
    """Run both servers on a home, as durable as in earnest."""
    with ExitStack() as closing:
        home = make_home(root)
        made = load_secrets(home.secrets, data_exists=home.postgres.exists())
        servers = plan_servers(home, made.database_password, Wanted())
        lock = await servers.lock()
        closing.callback(os.close, lock)
        async with Supervisor() as supervisor:
            await servers.start(supervisor, lock)
            yield servers


async def make_data(root: Path) -> None:
    """Make a home's data and leave."""
    async with serving(root):
        pass
