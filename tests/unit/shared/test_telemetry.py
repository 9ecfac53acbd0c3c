"""Traces are sent where a collector is named, and nowhere else."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from shared import telemetry

PROGRAM = """
from opentelemetry import trace
from shared import telemetry
assert telemetry.start("web")
with trace.get_tracer("test").start_as_current_span("publish"):
    pass
assert trace.get_tracer_provider().force_flush(10_000)
"""


class Collector(BaseHTTPRequestHandler):
    received: list[tuple[str, bytes]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_without_a_collector_nothing_is_sent() -> None:
    assert telemetry.start("web") is False


def test_spans_reach_the_collector_under_the_name_of_the_process() -> None:
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-c", PROGRAM]
        subprocess.run(command, env=environment, check=True, timeout=60)
        server.shutdown()
    (path, body), *_ = Collector.received
    assert path == "/v1/traces"
    assert b"pabal-web" in body
    assert b"publish" in body
