"""Real servers for a session, a clean database for a test, and the services on one port."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import text

from services.cli.processes import Service, application
from services.feeds.serving.shelf import Shelf
from shared.db import engine
from shared.db.base import metadata
from shared.db.migrate import migrate
from shared.keys import Scope
from shared.redis import redis
from tests.support.servers import TestServers, running_servers
from tests.support.session import Api, key, serving, use

SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(scope="session")
def servers() -> Iterator[TestServers]:
    """One PostgreSQL and one Valkey, migrated, that this process's settings name."""
    with running_servers() as running, pytest.MonkeyPatch.context() as patch:
        # What a test changes shows at once.
        patch.setattr("services.feeds.app.Shelf", partial(Shelf, seconds=0.0))
        use(
            PABAL_DATABASE_URL=running.database_url,
            PABAL_BROKER_URL=running.broker_url,
            PABAL_SECRET_KEYS=SECRET_KEY,
            PABAL_PUBLIC_URL="https://hub.example",
            PABAL_ALLOWED_NETWORKS="127.0.0.0/8",
            PABAL_ALLOW_HTTP="1",
            PABAL_LOG_LEVEL="warning",
            PABAL_TITLE="City News",
        )
        migrate()
        yield running
        engine.database().dispose()
        redis().close()


@pytest.fixture
def database(servers: TestServers) -> TestServers:
    """The servers with every table as it was after the migration, and an empty cache."""
    # Not TRUNCATE: that makes each table's files anew, fifty times as slow as emptying few rows.
    emptied = "; ".join(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables))
    counted = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
    with engine.transaction() as connection:
        connection.exec_driver_sql(f"{emptied}; {counted}")
        for table in ("ingest.head", "feeds.progress", "notify.progress"):
            connection.execute(text(f"INSERT INTO {table} (id, sequence) VALUES (1, 0)"))
    redis().flushall()
    return servers


@pytest.fixture(scope="session")
def hub_url(servers: TestServers) -> Iterator[str]:
    """All services on one port, without worker, beat and engine: tests do their work."""
    with serving(application(Service.ALL)) as url:
        yield url


@pytest.fixture
def caller(database: TestServers, hub_url: str) -> Iterator[Callable[..., Api]]:
    """Make clients: ``caller(Scope.PUBLISH)``, or ``caller()`` for one without a key."""
    made: list[Api] = []

    def make(scope: Scope | None = None, partner: str | None = None) -> Api:
        api = Api(hub_url, None if scope is None else key(scope, partner))
        made.append(api)
        return api

    yield make
    for api in made:
        api.close()


@pytest.fixture
def admin(caller: Callable[..., Api]) -> Api:
    """A client that may do everything."""
    return caller(Scope.ADMIN)
