"""The services as tests meet them: in this process, on one port, with keys."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from services.console import keys
from services.feeds.rebuild import rebuild
from services.ingest.relay import relay
from services.notify.fan_out import fan_out
from shared import crypto
from shared.broker import connect
from shared.db import engine
from shared.keys import Scope
from shared.redis import redis
from shared.settings import settings
from shared.web.auth import forget_callers
from shared.web.limit import limiter
from tests.support.polling import until


def use(**variables: str) -> None:
    """Make this process's settings these."""
    os.environ.update(variables)
    if engine.database.cache_info().currsize:
        engine.database().dispose()
    for cached in (settings, engine.database, redis, limiter, crypto._box, crypto.decrypt):
        cached.cache_clear()
    forget_callers()
    connect()


def key(scope: Scope, partner: str | None = None) -> str:
    """Make a key of a scope."""
    with engine.transaction() as connection:
        return keys.create(connection, scope, partner, None)[0].text


def settle() -> None:
    """Do what the worker does when it is rung: relay, rebuild, fan out."""
    relay()
    rebuild()
    fan_out(0.0)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of loopback; yield its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            until(lambda: server.started, "the server to start")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


class Api:
    """An HTTP client with a key."""

    def __init__(self, url: str, text: str | None = None) -> None:
        headers = {} if text is None else {"Authorization": f"Bearer {text}"}
        # Plain HTTP: reading all certificates takes longer than most tests.
        self.http = httpx.Client(
            base_url=url, headers=headers, timeout=20, trust_env=False, verify=False
        )

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make one call."""
        return self.http.request(method, path, **options)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
