"""One hub for all faults of a module: each leaves it as it found it."""

from collections.abc import Iterator

import pytest

from tests.support.hub import Hub, running_hub
from tests.support.receivers import Receiver, receiving
from tests.support.session import Api

WITHIN = 15.0
"""Seconds after which work must have resumed: the promise."""

POSTGRES, VALKEY = "postgres", "valkey-server"
WORKER, ENGINE = "services.cli worker", "services.cli deliver"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def api(hub: Hub) -> Iterator[Api]:
    client = hub.api()
    yield client
    client.close()
