"""Unit tests see the settings that a fresh machine would have."""

import os
from collections.abc import Iterator

import pytest

from shared.settings import settings


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the variables that integration tests in the same process have set."""
    for name in [name for name in os.environ if name.startswith("PABAL_")]:
        monkeypatch.delenv(name)
    settings.cache_clear()
    yield
    settings.cache_clear()
