"""Settings that cannot be are wrong use, whatever the command."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from shared.settings import settings


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize("command", [["status"], ["up"], ["migrate"], ["keys", "list"]])
def test_a_bad_setting_is_named_and_makes_the_status_2(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("PABAL_PORT", "abc")
    monkeypatch.setenv("PABAL_ALLOWED_NETWORKS", "10.0.0.0/8, junk")
    monkeypatch.setenv("PABAL_KEY", "hunter2-한글")
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert [line.split(": ")[:2] for line in done.output.splitlines()] == [
        ["pabal", "PABAL_PORT"],
        ["pabal", "PABAL_KEY"],
        ["pabal", "PABAL_ALLOWED_NETWORKS"],
    ]
    assert "hunter2" not in done.output


def test_a_setting_that_is_missing_is_named_and_makes_the_status_2() -> None:
    command = [sys.executable, "-m", "services.cli", "migrate"]
    environment = {name: text for name, text in os.environ.items() if "PABAL" not in name}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pabal: PABAL_DATABASE_URL is not set")
