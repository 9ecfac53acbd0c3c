"""A Redis that is full: what it holds is never stale, and nobody waits for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic

import pytest

from services.feeds.lag import PATIENCE, first_undone, lag
from services.feeds.rebuild import rebuild
from services.ingest.relay import relay
from shared.db.engine import transaction
from shared.redis import redis
from tests.integration.feeds.scenes import ids, published, read, withdrawn
from tests.support.polling import until
from tests.support.servers import TestServers
from tests.support.session import Api

HELD = "pabal:document:/feeds/archives.atom"
Full = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def full(database: TestServers) -> Full:
    """For the length of a block, Redis takes no more."""

    @contextmanager
    def block() -> Iterator[None]:
        client = redis()
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)

    return block


def test_no_document_is_stale_in_it_and_new_ones_are_rendered(admin: Api, full: Full) -> None:
    published(admin, "a")
    published(admin, "b")
    assert ids(admin, "/feeds/all") == ["b", "a"]
    with full():
        withdrawn(admin, "b")
        assert ids(admin, "/feeds/all") == ["a"]
        published(admin, "c", section="archives")
        assert ids(admin, "/feeds/all") == ["c", "a"]
        assert ids(admin, "/feeds/archives") == ["c"]
        before = read(admin, "/feeds/archives.atom").headers["etag"]
        assert not redis().exists(HELD)
    assert read(admin, "/feeds/archives.atom").headers["etag"] == before
    assert redis().exists(HELD)


def test_a_ring_that_it_does_not_take_leaves_nothing_stale(
    admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(admin, "a")
    published(admin, "b")
    assert ids(admin, "/feeds/all") == ["b", "a"]
    # Nobody relays it, or rebuilds the feeds.
    assert admin("DELETE", "/v1/posts/b").status_code == 200
    lag.look()
    monkeypatch.setattr(lag, "_clock", lambda: monotonic() + PATIENCE + 1)
    lag.look()
    assert lag.behind
    until(lambda: ids(admin, "/feeds/all") == ["a"], "the withdrawn post to be gone")
    with transaction() as connection:
        unnumbered = first_undone(connection)
    assert unnumbered is not None
    relay()
    with transaction() as connection:
        assert first_undone(connection) == unnumbered
    rebuild()
    with transaction() as connection:
        assert first_undone(connection) is None
    lag.look()
    assert not lag.behind
    assert ids(admin, "/feeds/all") == ["a"]
