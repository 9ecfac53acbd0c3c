"""The containers' health checks: what Redis says of a process' connections."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[3] / "deploy/healthcheck.py"


@pytest.fixture(scope="module")
def healthcheck() -> ModuleType:
    """Load the script, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("healthcheck", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def connection(*, psub: int = 0, cmd: str = "brpop", idle: int = 0) -> dict[str, str]:
    return {"psub": str(psub), "cmd": cmd, "idle": str(idle)}


@pytest.mark.parametrize(
    ("connections", "expected"),
    [
        ([], False),
        ([connection()], False),
        ([connection(idle=500), connection(psub=1, cmd="ping", idle=20)], True),
        ([connection(psub=1, cmd="ping", idle=21)], False),
    ],
)
def test_a_worker_is_heard_of_on_its_control_connection(
    healthcheck: ModuleType, connections: list[dict[str, str]], expected: bool
) -> None:
    assert healthcheck.consumes(connections) is expected


@pytest.mark.parametrize(
    ("connections", "expected"),
    [
        ([], False),
        ([connection(cmd="ping")], False),
        ([connection(cmd="ping", idle=99), connection(cmd="lpush", idle=20)], True),
        ([connection(cmd="lpush", idle=21)], False),
    ],
)
def test_the_beat_rings(
    healthcheck: ModuleType, connections: list[dict[str, str]], expected: bool
) -> None:
    assert healthcheck.rings(connections) is expected


def test_each_kind_has_its_check(healthcheck: ModuleType) -> None:
    assert set(healthcheck.CHECKS) == {"web", "worker", "beat", "engine"}
