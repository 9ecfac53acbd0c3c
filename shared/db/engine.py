"""Connections: one pool a process, bounded waits, and one place that says what "away" means."""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from psycopg import Error as DriverError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.settings import MissingSetting, settings

AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised when the database cannot be reached or will not answer in time."""

CONNECT_TIMEOUT = 3
POOL_TIMEOUT = 3
STATEMENT_TIMEOUT = 30
UNPROVEN_AFTER = 1.0
"""Seconds unused after which a connection is tried before it is given out.

Trying costs a round trip, which is much beside a post's one statement.
"""

_OPTIONS = f"-c statement_timeout={STATEMENT_TIMEOUT}s -c idle_in_transaction_session_timeout=60s"


def dsn() -> str:
    """Return the database's URL as psycopg takes it.

    Raises ``MissingSetting`` where ``PABAL_DATABASE_URL`` is not set.
    """
    url = settings().database_url
    if url is None:
        raise MissingSetting("PABAL_DATABASE_URL is not set: give it, or start the hub by pabal up")
    return url.get_secret_value()


@lru_cache(maxsize=1)
def database() -> Engine:
    """Return this process's engine; it connects when first used."""
    scheme, rest = dsn().split("://", 1)
    engine = create_engine(
        f"{scheme.split('+')[0]}+psycopg://{rest}",
        pool_size=10,
        max_overflow=10,
        pool_timeout=POOL_TIMEOUT,
        # A few stay in use and are known to live, the rest are idle.
        pool_use_lifo=True,
        # Errors are logged, and what a statement carries may be secret.
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT, "options": _OPTIONS},
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _prove)
    return engine


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _prove(connection: Any, record: Any, _proxy: Any) -> None:
    """Try a connection that was idle or has been told something; where it is dead, all are."""
    idle = time.monotonic() - record.info.get("used", float("inf"))
    try:
        if idle < UNPROVEN_AFTER and not _was_told(connection):
            return
        # Sends nothing but an empty query, and leaves no transaction open.
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = False
    except DriverError:
        raise InvalidatePoolError from None


def _was_told(connection: Any) -> bool:
    """Tell whether the server sent what nobody asked for, such as its farewell."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


@contextmanager
def transaction() -> Iterator[Connection]:
    """Open one transaction: committed at the end, rolled back on any error."""
    with database().begin() as connection:
        yield connection


@contextmanager
def statement() -> Iterator[Connection]:
    """Open a connection on which each statement commits by itself, a round trip each."""
    with database().connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Open a read-only transaction in which every statement sees the same state."""
    with database().connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the database is away, or read-only for now."""
    if isinstance(error, AWAY):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "25006"
