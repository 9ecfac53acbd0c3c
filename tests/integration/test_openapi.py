"""The OpenAPI document is true: schemathesis finds no answer that it does not name, and no 5xx.

What it sends is drawn from the document, good and bad, the same in every run.
"""

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
    named = [
        f'[[operations]]\ninclude-path-regex = "^/v1/{kind}/(?!.*/revisions)"\n'
        f'parameters = {{ id = "{id}" }}\n'
        for kind, id in known.items()
    ]
    # An id may end in /revisions, so a DELETE there is one of another post.
    ambiguous = """[[operations]]
include-path = "/v1/posts/{id}/revisions"
checks.unsupported_method.enabled = false
checks.allow_header_conformance.enabled = false
"""
    return "\n".join([ambiguous, *named])


def run(api: Api, hub_url: str, folder: Path, phases: str, examples: int) -> None:
    """Let schemathesis loose on the hub; it has to find nothing."""
    program = Path(sys.executable).with_name("schemathesis")
    arguments = {
        "header": f"Authorization: {api.http.headers['authorization']}",
        "checks": ",".join(CHECKS),
        "phases": phases,
        "max-examples": examples,
        "seed": 1,
        "suppress-health-check": "all",
        "warnings": "off",
    }
    options = [f"--{name}={value}" for name, value in arguments.items()]
    flags = ["--continue-on-failure", "--no-shrink", "--no-color"]
    done = subprocess.run(
        [program, "run", f"{hub_url}/openapi.json", *options, *flags],
        cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_every_answer_is_as_documented(
    admin: Api, hub_url: str, known: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(settings_file(known))
    run(admin, hub_url, tmp_path, "examples,fuzzing,stateful", 4)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("there", [True, False], ids=["known", "unknown"])
def test_every_answer_is_as_documented_in_every_phase(
    admin: Api, hub_url: str, known: dict[str, str], tmp_path: Path, there: bool
) -> None:
    (tmp_path / "schemathesis.toml").write_text(settings_file(known if there else {}))
    run(admin, hub_url, tmp_path, "examples,coverage,fuzzing,stateful", 25)
