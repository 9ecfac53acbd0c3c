"""The import contracts hold, and bite: what they forbid is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", "--config", "pyproject.toml"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=90
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's packages, to be spoilt."""
    for name in ("services", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def append(path: Path, line: str) -> None:
    path.write_text(path.read_text() + f"\n{line}\n")


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("services/feeds/store.py", "import services.notify.partners"),
        ("services/ingest/app.py", "import services.cli.output"),
        ("shared/outbox.py", "import services.ingest.publish"),
        ("shared/clock.py", "import shared.settings"),
        ("services/notify/retry.py", "import shared.db.engine"),
        ("services/feeds/tasks.py", "import shared.db.engine"),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, line: str) -> None:
    append(copy / module, line)
    found = lint(copy)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout


@pytest.mark.parametrize("module", ["services/utils.py", "shared/helpers.py"])
def test_a_module_without_a_place_is_found(copy: Path, module: str) -> None:
    (copy / module).write_text('"""Odds and ends."""\n')
    found = lint(copy)
    assert found.returncode == 1, found.stdout + found.stderr


def test_the_project_keeps_its_contracts() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr
