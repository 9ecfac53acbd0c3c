"""Stands in for the `pabal` command: the same processes, each doing next to nothing.

`FAKE_STUBBORN` names a command that ignores SIGTERM.
"""

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from services.embedded.child import Child, launch_command


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def note(command: str) -> None:
    """Write down, one a line, what this process was told."""
    told = "\n".join(f"{name}={value}" for name, value in sorted(os.environ.items()))
    (Path(os.environ["PABAL_HOME"]) / f"{command}.told").write_text(told)


def main() -> None:
    command = sys.argv[1]
    if os.environ.get("FAKE_STUBBORN") == command:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note(command)
    if command == "migrate":
        raise SystemExit(int(os.environ.get("FAKE_MIGRATE_STATUS", "0")))
    if command == "serve":
        HTTPServer(("127.0.0.1", int(os.environ["PABAL_PORT"])), Web).serve_forever()
    if command == "worker":
        # As a worker's pool does, which ties itself to its parent.
        pool = Child("pool", (sys.executable, "-c", "import signal; signal.pause()"), os.environ)
        subprocess.Popen(launch_command(pool, os.getpid()))
    signal.pause()


if __name__ == "__main__":
    main()
