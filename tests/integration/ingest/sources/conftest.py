"""A stranger's server, and a source that is polled when a test says so."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.ingest.sources.poll import poll_due
from shared.clock import utc_now
from tests.support.origin import Origin, running_origin
from tests.support.session import Api

LATER = timedelta(days=30)


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server on loopback."""
    with running_origin() as running:
        yield running


@pytest.fixture
def add(admin: Api) -> Callable[..., str]:
    """Make a source; return its id."""

    def make(url: str, **fields: Any) -> str:
        made = admin("POST", "/v1/sources", json={"url": url, "section": "news", **fields})
        assert made.status_code == 201, made.text
        id: str = made.json()["id"]
        return id

    return make


@pytest.fixture
def polled(admin: Api) -> Callable[[str], dict[str, Any]]:
    """Poll whatever is active, due or not; return how a source stands."""

    def poll(id: str) -> dict[str, Any]:
        poll_due(utc_now() + LATER)
        shown: dict[str, Any] = admin("GET", f"/v1/sources/{id}").json()
        return shown

    return poll
