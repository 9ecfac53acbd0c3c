"""The doorbell: Celery on Redis. Messages carry ids only and may be lost at any time.

PostgreSQL is the truth; a beat tick rings again for whatever is undone. Hence early
acknowledgement, no results, no retries, no countdowns, and messages that expire in seconds.
"""

import ctypes
import signal
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_process_init
from structlog.contextvars import bind_contextvars, clear_contextvars

from shared import log
from shared.settings import MissingSetting, settings

EXPIRES = 10
"""Seconds after which a ring is worthless: the tick has rung again."""

INGEST, FEEDS, NOTIFY = "ingest", "feeds", "notify"
QUEUES = (INGEST, FEEDS, NOTIFY)
"""One queue a service; a task's name begins with its service."""

TICK = "ingest.tick"
RELAY = "ingest.relay"
POLL = "ingest.poll"
REBUILD = "feeds.rebuild"
ISSUE_DIGESTS = "digests.issue"
MAIL_DIGESTS = "digests.mail"
FAN_OUT = "notify.fan_out"
TASKS = {
    INGEST: "services.ingest.tasks",
    FEEDS: "services.feeds.tasks",
    NOTIFY: "services.notify.tasks",
}
_PR_SET_PDEATHSIG = 1


def redis_url() -> str:
    """Return Redis' address as redis-py takes it.

    Raises ``MissingSetting`` where ``PABAL_BROKER_URL`` is not set.
    """
    url = settings().broker_url
    if url is None:
        raise MissingSetting("PABAL_BROKER_URL is not set: give it, or start the hub by pabal up")
    return url.get_secret_value()


def celery_url(url: str) -> str:
    """Return the same address as Celery's transport takes it (its own form for sockets)."""
    if not url.startswith("unix://"):
        return url
    path, _, query = url.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}?{query.replace('db=', 'virtual_host=')}".rstrip("?")


def _routes() -> dict[str, dict[str, str]]:
    """Return each task's queue: its service's own."""
    services = {f"{queue}.*": {"queue": queue} for queue in QUEUES}
    return {**services, "digests.*": {"queue": FEEDS}}


def _app() -> Celery:
    app = Celery("pabal")
    app.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=False,
        task_default_queue=INGEST,
        task_routes=_routes(),
        task_create_missing_queues=True,
        task_time_limit=300,
        task_soft_time_limit=240,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_soft_shutdown_timeout=3,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=4,
        # Without both of these a half-open connection stalls a worker for minutes.
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 5,
            "visibility_timeout": 600,
            "client_name": "pabal",
        },
        broker_connection_timeout=3,
        beat_schedule={
            "tick": {"task": TICK, "schedule": 1.0, "options": {"expires": EXPIRES}},
            # Each second, though slots fall on full minutes: a worker looks once in each minute,
            # and a ring that is lost at the full one shall not cost the whole minute.
            "digests": {"task": ISSUE_DIGESTS, "schedule": 1.0, "options": {"expires": EXPIRES}},
            "mail": {"task": MAIL_DIGESTS, "schedule": 5.0, "options": {"expires": EXPIRES}},
        },
        beat_max_loop_interval=1,
        timezone="UTC",
        enable_utc=True,
    )
    return app


broker = _app()


def connect() -> Celery:
    """Point the application at this process's Redis; every process calls it once at start."""
    broker.conf.update(broker_url=celery_url(redis_url()))
    return broker


def ring(task: str, **arguments: Any) -> None:
    """Ask for a task by name. Raises where Redis is away; the tick will ask again."""
    broker.send_task(task, kwargs=arguments, expires=EXPIRES, retry=False, ignore_result=True)


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Having a receiver at all is what stops Celery from setting up its own."""


@worker_process_init.connect
def _die_with_parent(**_: Any) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    log.configure("worker")


@task_prerun.connect
def _bind_task(task: Any, kwargs: dict[str, Any] | None = None, **_: Any) -> None:
    clear_contextvars()
    bind_contextvars(process="worker", task=task.name, **_ids(kwargs or {}))


def _ids(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name.endswith("_id")}
