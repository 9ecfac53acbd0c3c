"""A local receiver of webhooks: verifies each signature with the public reference library."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One request: the event as it came, and whether its signature held."""

    path: str
    event: dict[str, Any]
    verified: bool


class Receiver:
    """Listens on loopback and hands each request to ``on_event``.

    ``secrets`` maps a path to the secret of the endpoint behind it.
    """

    def __init__(self, port: int, on_event: Callable[[Received], None]) -> None:
        self.secrets: dict[str, str] = {}
        self._on_event = on_event
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to listen, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> bool:
        """Verify one request and hand it on; tell whether it is genuine."""
        verified = self._verified(path, headers, body)
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            event, verified = {}, False
        self._on_event(Received(path, event, verified))
        return verified

    def _verified(self, path: str, headers: dict[str, str], body: bytes) -> bool:
        secret = self.secrets.get(path)
        if secret is None:
            return False
        try:
            Webhook(secret).verify(body, headers)
        # It reads the JSON as well.
        except (WebhookVerificationError, ValueError, RecursionError):
            return False
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_POST(self) -> None:
                declared = self.headers.get("content-length", "0")
                if not (declared.isascii() and declared.isdigit()):
                    self.send_error(400)
                    return
                length = int(declared)
                if length > MOST_BYTES:
                    self.send_error(413)
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                genuine = receiver.take(self.path, headers, self.rfile.read(length))
                self.send_response(204 if genuine else 401)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: ``on_event`` tells."""

        return Handler
