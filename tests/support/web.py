"""One service's web process of its own, and how much memory it takes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.polling import until


@dataclass(frozen=True, slots=True)
class Web:
    """A running web process."""

    url: str
    pid: int

    def memory(self) -> int:
        """Return the bytes that it holds now."""
        return self._status("VmRSS")

    def forget_peak(self) -> None:
        """Begin to look for a new peak."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """Return the most bytes that it held."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


@contextmanager
def web(service: str = "ingest", **more: str) -> Iterator[Web]:
    """Serve a service in a process of its own, with this process's settings and some more."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PABAL_PORT": str(port), **more}
    command = [sys.executable, "-m", "services.cli", "serve", service]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(process, url), "the web process to serve", 60)
        yield Web(url, process.pid)
    finally:
        process.terminate()
        process.wait(15)


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "the web process has ended"
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False
