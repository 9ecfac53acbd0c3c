"""``pabal import`` against a hub: every kind of source, refusals that are mended, repeats."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.integration.ingest.submissions import NOTHING, a_post, stored
from tests.support.session import Api

Import = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pabal_import(admin: Api, hub_url: str) -> Import:
    """Run the command as a user does, with a key."""
    key = admin.http.headers["authorization"].removeprefix("Bearer ")
    environment = {**os.environ, "PABAL_PUBLIC_URL": hub_url, "PABAL_KEY": key}

    def run(*arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.cli", "import", *arguments],
            env=environment, input=input, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def served() -> Iterator[Callable[[bytes], str]]:
    """Serve a document on loopback; return its address."""
    bodies: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = bodies.get(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def serve(body: bytes) -> str:
            bodies["/feed"] = body
            return f"http://127.0.0.1:{server.server_port}/feed"

        yield serve
        server.shutdown()
        thread.join()


def test_refused_rows_are_kept_mended_and_imported_again(
    pabal_import: Import, tmp_path: Path
) -> None:
    rows = [a_post("a"), a_post("b", url="x"), a_post("c"), {**a_post("d"), "titel": 1}]
    file, kept = tmp_path / "posts.ndjson", tmp_path / "refused.ndjson"
    file.write_text("\n".join([*map(json.dumps, rows), "nonsense"]))
    done = pabal_import(str(file), "--refused", str(kept))
    assert (done.returncode, done.stdout) == (1, "2 stored, 0 unchanged, 3 refused\n")
    assert "row 2 (b): url: must be an absolute http or https URL\n" in done.stderr
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert [(line.get("id"), line["_refused"]["row"]) for line in lines] == [
        ("b", 2), ("d", 4), (None, 5),
    ]  # fmt: skip
    lines[0]["url"] = "https://city.example/b"
    del lines[1]["titel"]
    mended = tmp_path / "mended.ndjson"
    mended.write_text("\n".join(map(json.dumps, lines[:2])))
    again = pabal_import(str(mended))
    assert (again.returncode, again.stdout) == (0, "2 stored, 0 unchanged, 0 refused\n")
    assert stored()["post"] == 4


def test_a_dry_run_from_standard_input_says_all_and_stores_nothing(
    pabal_import: Import,
) -> None:
    rows = json.dumps([a_post(f"p{n}") for n in range(1500)] + [{"id": "bad"}], indent=1)
    dry = pabal_import("-", "--dry-run", "--json", input=rows)
    assert (dry.returncode, stored()) == (1, NOTHING)
    told = pabal_import("-", "--json", input=rows)
    assert json.loads(told.stdout) == json.loads(dry.stdout)
    report = json.loads(told.stdout)
    assert [report[name] for name in ("stored", "unchanged", "refused")] == [1500, 0, 1]
    assert [row["row"] for row in report["results"]] == list(range(1, 1502))
    again = pabal_import("-", input=rows)
    assert again.stdout == "0 stored, 1500 unchanged, 1 refused\n"


def test_a_feed_is_fetched(
    admin: Api, pabal_import: Import, served: Callable[[bytes], str]
) -> None:
    bare = {"id": "a", "url": "https://city.example/a", "title": "A"}
    url = served(json.dumps({"version": "x", "items": [bare], "language": "ko"}).encode())
    done = pabal_import(url, "--section", "archives")
    assert (done.returncode, done.stdout) == (0, "1 stored, 0 unchanged, 0 refused\n")
    read = admin("GET", "/v1/posts/a").json()
    assert (read["section"], read["language"]) == ("archives", "ko")
    missing = pabal_import(url.replace("/feed", "/other"))
    assert missing.returncode == 1
    assert "404" in missing.stderr


def test_what_cannot_be_imported_says_why(pabal_import: Import, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("[" + json.dumps(a_post()))
    broken = pabal_import(str(file))
    assert broken.returncode == 1
    assert "the body is not JSON: ] is missing" in broken.stderr
    missing = pabal_import(str(tmp_path / "none"))
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
    over = pabal_import(str(file), "--refused", str(file))
    assert (over.returncode, file.read_text()[0]) == (2, "[")
    assert stored() == NOTHING
