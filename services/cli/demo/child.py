"""The demo's own hub: ``pabal up`` in a home of its own, on free ports."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.cli.output import fail

READY_SECONDS = 90.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RunningHub:
    """Where the demo's hub is, and the key that opens it."""

    url: str
    key: str
    home: Path


@contextmanager
def running_hub() -> Iterator[RunningHub]:
    """Start a hub and stop it at the end; its home goes with it."""
    with tempfile.TemporaryDirectory(prefix="pabal-demo-") as folder:
        home, port = Path(folder), _free_port()
        with (home / "hub.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "up"],
                env=_environment(home, port),
                stderr=log,
                stdout=log,
                start_new_session=True,
            )
            try:
                _wait(process, home)
                key = (home / "secrets" / "admin-key").read_text().strip()
                yield RunningHub(f"http://localhost:{port}", key, home)
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _environment(home: Path, port: int) -> dict[str, str]:
    foreign = {name for name in os.environ if name.startswith("PABAL_")}
    inherited = {name: value for name, value in os.environ.items() if name not in foreign}
    return {
        **inherited,
        "PABAL_HOME": str(home),
        "PABAL_PORT": str(port),
        "PABAL_TITLE": "Seoul Solution",
        # The receiver listens on this machine, without a certificate.
        "PABAL_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PABAL_ALLOW_HTTP": "1",
    }


def _wait(process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            fail(f"the hub did not start:\n{(home / 'hub.log').read_text()[-3000:]}")
        if _is_ready(home):
            return
        time.sleep(0.1)
    fail(f"the hub was not ready within {READY_SECONDS:.0f} s")


def _is_ready(home: Path) -> bool:
    try:
        return "url" in json.loads((home / "hub.json").read_text())
    except (OSError, ValueError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
