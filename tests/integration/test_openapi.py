"""The OpenAPI document is true: schemathesis finds no answer that it does not name, and no 5xx.

What it sends is drawn from the document, good and bad, the same in every run.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.ingest.submissions import a_post
from tests.support.session import Api, settle

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "allow_header_conformance",
    "unsupported_method",
    "missing_required_header",
    "ignored_auth",
)


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look up no name outside this machine."""
    real = socket.getaddrinfo

    def found(host: Any, *more: Any, **named: Any) -> Any:
        if host not in {"127.0.0.1", "localhost", None}:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.fixture
def known(admin: Api, no_names: None) -> dict[str, str]:
    """Things that are there, by the path that names them."""
    admin("POST", "/v1/partners", json={"id": "harbour", "name": "Harbour", "timezone": "UTC"})
    asked = {"partner": "harbour", "url": "https://127.0.0.1/hook"}
    endpoint = admin("POST", "/v1/endpoints", json=asked).json()["id"]
    admin("POST", "/v1/posts", json=a_post("known"))
    settle()
    deliveries = admin("GET", f"/v1/endpoints/{endpoint}/deliveries").json()["items"]
    return {
        "partners": "harbour",
        "endpoints": endpoint,
        "posts": "known",
        "deliveries": deliveries[0]["id"],
    }


def settings_file(known: dict[str, str]) -> str:
    """Return what tells schemathesis of things that are there."""
    return "\n".join(
        f'[[operations]]\ninclude-path-regex = "^/v1/{kind}/"\nparameters = {{ id = "{id}" }}\n'
        for kind, id in known.items()
    )


def test_every_answer_is_as_documented(
    admin: Api, hub_url: str, known: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(settings_file(known) if os.environ.get("KNOWN") else "")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{hub_url}/openapi.json",
            "--header", f"Authorization: {admin.http.headers['authorization']}",
            "--checks", ",".join(CHECKS), "--seed", "1", "--max-examples", os.environ.get("MAXEX", "5"),
            "--phases", os.environ.get("PHASES", "examples,coverage,fuzzing"), "--no-shrink", "--continue-on-failure", "--suppress-health-check", "all",
            "--warnings", "off", "--no-color"
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout
