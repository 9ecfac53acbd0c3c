"""Rebuilding: once a burst, never backwards, and never forgotten."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from redis.exceptions import RedisError
from sqlalchemy import select, update

from services.feeds import cache
from services.feeds.documents import Document, document
from services.feeds.rebuild import rebuild
from services.ingest.relay import relay
from shared.db.engine import transaction
from shared.db.feeds import progress
from shared.redis import redis
from tests.integration.feeds.scenes import a_post, ids, published, sent, withdrawn
from tests.support.servers import TestServers
from tests.support.session import Api

FORMATS = 3
PATH = "/feeds/all.atom"


def test_a_burst_renders_each_feed_once(admin: Api) -> None:
    rows = [a_post(f"p{n}", tags=["t"]) for n in range(30)]
    admin("POST", "/v1/posts/batch", json=rows)
    assert relay() == 30
    # all, news, en/all, en/news, tag/t
    assert rebuild() == 5 * FORMATS
    assert rebuild() == 0
    assert len(ids(admin, "/feeds/tag/t")) == 30


def test_only_touched_feeds_are_rendered(admin: Api) -> None:
    published(admin, "a")
    sent(admin, "b", section="archives", language="ko")
    relay()
    # all, archives, ko/all, ko/archives
    assert rebuild() == 4 * FORMATS
    withdrawn(admin, "a")
    sent(admin, "c", audience=["harbour"])
    relay()
    assert rebuild() == 0


def test_bytes_that_are_there_are_not_written_again(admin: Api) -> None:
    published(admin, "a")
    _set_progress(0)
    assert rebuild() == 0
    assert _progress() == 1
    redis().flushall()
    _set_progress(0)
    assert rebuild() == 4 * FORMATS


def test_without_redis_progress_waits(
    admin: Api, redis_away: Callable[[], AbstractContextManager[None]]
) -> None:
    published(admin, "a")
    with redis_away():
        sent(admin, "b", section="archives")
        relay()
        with pytest.raises(RedisError):
            rebuild()
        assert _progress() == 1
        assert ids(admin, "/feeds/archives") == ["b"]
    assert rebuild() == 4 * FORMATS
    assert _progress() == 2


def test_one_rebuild_at_a_time(admin: Api) -> None:
    sent(admin, "a")
    relay()
    with transaction() as connection:
        connection.execute(select(progress).with_for_update())
        assert rebuild() == 0
    assert rebuild() == 4 * FORMATS


def test_an_older_render_never_replaces_a_newer_one(database: TestServers) -> None:
    old, new = _rendered(b"old", 7), _rendered(b"new", 8)
    assert cache.put(redis(), PATH, new) is True
    assert cache.put(redis(), PATH, old) is False
    assert cache.get(redis(), PATH) == new


def test_a_render_as_new_replaces_and_equal_bytes_are_not_written(database: TestServers) -> None:
    first, second = _rendered(b"first", 7), _rendered(b"second", 7)
    assert cache.put(redis(), PATH, first) is True
    assert cache.put(redis(), PATH, second) is True
    assert cache.put(redis(), PATH, _rendered(b"second", 9)) is False
    assert cache.get(redis(), PATH) == _rendered(b"second", 9)
    assert cache.put(redis(), PATH, _rendered(b"first", 8)) is False


def test_a_document_is_forgotten_in_time(database: TestServers) -> None:
    cache.put(redis(), PATH, _rendered(b"a", 1))
    for kind, seconds in (("document", cache.SECONDS), ("versions", cache.VERSIONS_SECONDS)):
        assert 0 < redis().ttl(f"pabal:{kind}:{PATH}") <= seconds
    cache.drop(redis(), PATH)
    assert cache.get(redis(), PATH) is None


def _rendered(body: bytes, as_of: int) -> Document:
    return document(body, "text/plain", datetime(2026, 3, 1, 1, 2, 3, 456_000, UTC), as_of)


def _progress() -> int:
    with transaction() as connection:
        return int(connection.execute(select(progress.c.sequence)).scalar_one())


def _set_progress(sequence: int) -> None:
    with transaction() as connection:
        connection.execute(update(progress).values(sequence=sequence))
