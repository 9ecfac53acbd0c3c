"""Settings that cannot be are wrong use, whatever the command."""

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
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert [line.split(": ")[:2] for line in done.output.splitlines()] == [
        ["pabal", "PABAL_PORT"],
        ["pabal", "PABAL_ALLOWED_NETWORKS"],
    ]
