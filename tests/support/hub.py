"""A whole hub, started by ``pabal up`` in a home of its own and used from outside."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.embedded.observe import Seen, alive, descendants
from tests.support.polling import until
from tests.support.session import Api

READY_SECONDS = 90.0
STOP_SECONDS = 30.0
PABAL = (sys.executable, "-m", "services.cli")


class Hub:
    """One home and port; the hub on it can be started, stopped, killed and started again."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if "PABAL" not in name},
            "PABAL_HOME": str(home),
            "PABAL_PORT": str(port),
            "PABAL_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PABAL_ALLOW_HTTP": "1",
            "PABAL_RETRY_SCHEDULE": "0s,1s,1s,2s,2s,5s",
        }

    def start(self) -> None:
        """Start it and return once it serves."""
        with (self.home.parent / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*PABAL, "up"], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        until(self._serves, "the hub to be ready", READY_SECONDS)
        self.key = (self.home / "secrets" / "admin-key").read_text().strip()

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Leave nothing of it behind."""
        left = descendants(self.process.pid)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        until(lambda: not alive(left), "all of its processes to end", STOP_SECONDS)

    def api(self, key: str | None = None) -> Api:
        """Return a client with a key, the admin's by default."""
        return Api(self.url, key or self.key)

    def pabal(self, *arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as a user of the hub's machine does."""
        return subprocess.run(
            [*PABAL, *arguments],
            env=self.environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )

    def rows(self, sql: str, **arguments: Any) -> list[Any]:
        """Run one statement in its database, past all of its own code, and return the rows."""
        password = (self.home / "secrets" / "database-password").read_text().strip()
        sockets = str(self.home / "run" / "postgres")
        with psycopg.connect(
            host=sockets, port=5432, user="pabal", password=password, dbname="pabal"
        ) as connection:
            return connection.execute(sql, arguments).fetchall()

    def children(self, command: str) -> list[Seen]:
        """Return the hub's processes whose command line holds these words."""
        return [seen for seen in descendants(self.process.pid) if command in seen.command]

    def signal(self, command: str, number: signal.Signals) -> list[Seen]:
        """Send a signal to these processes; return them."""
        seen = until(lambda: self.children(command), f"a process of {command}")
        for process in seen:
            os.kill(process.pid, number)
        return seen

    def kill(self, command: str) -> None:
        """Kill these processes, and see them gone."""
        seen = self.signal(command, signal.SIGKILL)
        until(lambda: not alive(seen), f"{command} to be gone", 5)

    def _serves(self) -> bool:
        assert self.process.poll() is None, (self.home.parent / "hub.log").read_text()[-3000:]
        try:
            told = json.loads((self.home / "hub.json").read_text())
        except (OSError, ValueError):
            return False
        # One that was killed has left its own behind.
        return bool(told["pid"] == self.process.pid)


@contextmanager
def running_hub(**more: str) -> Iterator[Hub]:
    """Run a hub; its processes and its home end with the block."""
    folder = Path(tempfile.mkdtemp(prefix="pabal-"))
    folder.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hub = Hub(folder / "home", port)
    hub.environment |= more
    try:
        hub.start()
        yield hub
    finally:
        hub.end()
        shutil.rmtree(folder)
