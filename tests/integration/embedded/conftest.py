"""Short private homes for hubs, and free ports."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.embedded.serving import make_data


@contextmanager
def short_folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="pabal-", dir="/tmp"))
    if os.geteuid() == 0:
        path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path that every user may pass; pytest's own are private."""
    with short_folder() as path:
        yield path


@pytest.fixture(scope="session")
def used_home() -> Iterator[Path]:
    """A home whose data are made already; copy it, since making data takes a second."""
    with short_folder() as path:
        asyncio.run(make_data(path / "home"))
        yield path / "home"


@pytest.fixture
def home(folder: Path, used_home: Path) -> Path:
    """A home of one's own, its data made already."""
    subprocess.run(["cp", "-a", str(used_home), str(folder / "home")], check=True)
    return folder / "home"


@pytest.fixture
def free_port() -> int:
    """A port that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
