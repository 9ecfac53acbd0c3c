"""A Redis that is away, and a clock to set."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from services.feeds import public
from shared.redis import redis
from shared.settings import settings
from tests.integration.feeds import issues
from tests.integration.feeds.mails import mailing
from tests.support.mailbox import Mailbox, receiving
from tests.support.servers import TestServers

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis_away(database: TestServers) -> Callable[..., AbstractContextManager[None]]:
    """For the length of a block, this process's settings name a Redis that refuses, or another."""

    @contextmanager
    def away(url: str = NOBODY) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PABAL_BROKER_URL", url)
            _forget()
            yield
        _forget()

    return away


@pytest.fixture
def time() -> Iterator[issues.Clock]:
    """The services' clock, which stands still until it is set."""
    with issues.clock() as clock:
        yield clock


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """The SMTP server that this process's settings name."""
    with receiving() as server, mailing(server.url):
        yield server


def _forget() -> None:
    redis().close()
    redis.cache_clear()
    settings.cache_clear()
    # Its memory of that is this process's, and outlives the block.
    public._breaker.answered()
