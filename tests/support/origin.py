"""A web server of strangers on loopback: answers as planned, and remembers who asked."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Page:
    """What a path answers; ``gate`` holds it back until it opens."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Origin:
    """Pages by path; a path that is not planned is 404."""

    def __init__(self) -> None:
        """Start with nothing planned."""
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.url = ""

    def page(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Plan an answer; underscores in names of headers are dashes. Return the address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(body, status, named)
        return self.url + path

    def requests(self, path: str) -> list[Asked]:
        """Return who asked for a path, in order."""
        return [asked for asked in self.asked if asked.path == path]


@contextmanager
def running_origin() -> Iterator[Origin]:
    """Serve until the end of the block."""
    origin = Origin()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            origin.asked.append(Asked(self.command, self.path, headers, body))
            page = origin.pages.get(self.path, Page(status=404))
            if page.gate is not None:
                page.gate.wait(30)
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        do_GET = do_POST = _answer  # noqa: N815  # names of the base class

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        origin.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield origin
        for page in origin.pages.values():
            if page.gate is not None:
                page.gate.set()
        server.shutdown()
        thread.join()
