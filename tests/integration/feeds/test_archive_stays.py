"""Stays: written once for each event, in order, whoever rebuilds and however often."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import pytest
from redis.exceptions import RedisError
from sqlalchemy import select, text, update

from services.feeds.archive import arrivals
from services.feeds.rebuild import rebuild
from services.ingest.relay import relay
from shared.db import engine
from shared.db.feeds import progress, stay
from tests.integration.feeds.scenes import a_post, ids, published, sent, withdrawn
from tests.integration.feeds.walks import many, numbered
from tests.support.session import Api, settle

MIGRATION = import_module("shared.db.migrations.versions.0006_the_tables_of_archives")


def test_a_stay_is_from_coming_to_going(admin: Api) -> None:
    published(admin, "a")
    published(admin, "a", title="Better")
    published(admin, "a", section="archives")
    withdrawn(admin, "a")
    published(admin, "a", tags=["t"])
    assert _stays() == [(1, "a", "news", [], True), (3, "a", "archives", [], True),
                        (5, "a", "news", ["t"], False)]  # fmt: skip


def test_many_changes_of_one_post_at_once_are_many_stays(admin: Api) -> None:
    published(admin, "a")
    rows = [
        a_post("a", section="x"),
        a_post("b"),
        a_post("a", section="y"),
        a_post("b", tags=["t"]),
    ]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == 4
    settle()
    assert _stays() == [
        (1, "a", "news", [], True), (2, "a", "x", [], True), (3, "b", "news", [], True),
        (4, "a", "y", [], False), (5, "b", "news", ["t"], False),
    ]  # fmt: skip
    assert ids(admin, "/feeds/archive/1/y") == ["a"]


def test_the_migration_writes_the_same_stays(admin: Api) -> None:
    many(admin, numbered(1, 5))
    for id in numbered(1, 2):
        withdrawn(admin, id)
    published(admin, "p002", audience=["harbour"])
    published(admin, "p003", language="ko-KR", tags=["t"])
    published(admin, "p003", title="Better", language="ko-KR", tags=["t"])
    sent(admin, "not-yet-rebuilt")
    relay()
    written = _rows()
    with engine.transaction() as connection:
        connection.execute(text("DELETE FROM feeds.stay"))
        connection.exec_driver_sql(MIGRATION.STAYS)
    assert _rows() == written


def test_stays_do_not_wait_for_redis(
    admin: Api, redis_away: Callable[[], AbstractContextManager[None]]
) -> None:
    many(admin, numbered(1, 60))
    with redis_away():
        for id in numbered(61, 120):
            sent(admin, id)
        relay()
        with pytest.raises(RedisError):
            rebuild()
        assert sorted(ids(admin, "/feeds/archive/2/news")) == numbered(51, 100)
    rebuild()
    assert len(_stays()) == 120


def test_all_events_are_noted_however_many(admin: Api) -> None:
    rows = [a_post(f"p{number}") for number in range(arrivals.EVENTS_AT_ONCE + 50)]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == len(rows)
    relay()
    arrivals.note()
    assert len(_stays()) == len(rows)


def test_one_at_a_time_writes_stays(admin: Api) -> None:
    sent(admin, "a")
    relay()
    with engine.transaction() as connection:
        connection.execute(select(progress).with_for_update())
        arrivals.note()
    assert _stays() == []
    arrivals.note()
    arrivals.note()
    assert len(_stays()) == 1


def test_rebuilding_again_leaves_the_stays(admin: Api) -> None:
    published(admin, "a")
    with engine.transaction() as connection:
        connection.execute(update(progress).values(sequence=0))
    rebuild()
    assert _stays() == [(1, "a", "news", [], False)]


def _stays() -> list[tuple[Any, ...]]:
    return [
        (row.sequence, row.post_id, row.section, row.tags, row.left_at is not None)
        for row in _rows()
    ]


def _rows() -> list[Any]:
    with engine.transaction() as connection:
        return list(connection.execute(select(stay).order_by(stay.c.sequence)))
