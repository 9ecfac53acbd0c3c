"""The hub's processes: ``up``, ``serve``, ``worker``, ``beat``, ``deliver``, ``migrate``.

Each imports only what it runs, when it runs: five processes stand side by side on one machine,
and what a process does not import costs it neither memory nor time to start.
"""

import socket
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared import broker, log, telemetry
from shared.settings import settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.embedded.hub import HubUrls


class Service(StrEnum):
    """A web process."""

    INGEST = "ingest"
    FEEDS = "feeds"
    NOTIFY = "notify"
    CONSOLE = "console"
    ALL = "all"


def up() -> None:
    """Run the whole hub: servers, web, engine, worker and beat, in one process group."""
    from services.embedded.hub import run_hub

    log.configure("up")
    raise typer.Exit(run_hub(settings(), _welcome))


def serve(service: Annotated[Service, typer.Argument(help="Which service, or all")]) -> None:
    """Serve a service's HTTP API, or all on one port."""
    import uvicorn

    log.configure("web")
    telemetry.start("web")
    uvicorn.run(
        application(service),
        host=settings().host,
        port=settings().port,
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing depends on who asks, or by which scheme; a gateway's word is not needed.
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )


def worker(
    queues: Annotated[str, typer.Option(help="Comma-separated: ingest, feeds, notify")] = ",".join(
        broker.QUEUES
    ),
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Tasks at once")] = 4,
    pool: Annotated[str, typer.Option(help="Celery's pool: threads or prefork")] = "threads",
) -> None:
    """Run a Celery worker for control work: relay, rebuild, fan out, digests."""
    log.configure("worker")
    telemetry.start("worker")
    wanted = queues.split(",")
    unknown = set(wanted) - set(broker.QUEUES)
    if unknown:
        raise typer.BadParameter(f"no such queue: {', '.join(sorted(unknown))}")
    app = broker.connect()
    for queue in wanted:
        import_module(broker.TASKS[queue])
    app.Worker(
        queues=wanted,
        concurrency=concurrency,
        pool=pool,
        hostname=f"{'-'.join(wanted)}@{socket.gethostname()}",
        without_gossip=True,
        without_mingle=True,
        loglevel=settings().log_level,
        quiet=True,
    ).start()


def beat() -> None:
    """Run the beat: each second a tick, and a look for digests. Two do no harm."""
    log.configure("beat")
    app = broker.connect()
    # Nothing is kept: all schedules are short, and due times stand in PostgreSQL.
    app.Beat(scheduler_cls="celery.beat:Scheduler", loglevel=settings().log_level, quiet=True).run()


def deliver() -> None:
    """Run a delivery engine; as many as wanted may work on one database."""
    import uvloop

    from services.notify.deliver import deliver as run

    log.configure("engine")
    telemetry.start("engine")
    uvloop.run(run())


def migrate() -> None:
    """Bring the database to the shape that this version expects, and admit the bootstrap key."""
    from services.console import keys
    from shared.db.engine import transaction
    from shared.db.migrate import migrate as run

    log.configure("migrate")
    reached = run()
    key = settings().bootstrap_key
    if key is not None:
        with transaction() as connection:
            keys.bootstrap(connection, key.get_secret_value())
    typer.echo(f"database at revision {reached}", err=True)


def application(service: Service) -> Any:
    """Return a service's ASGI application, or all of them behind one gateway."""
    names = [name for name in Service if name is not Service.ALL]
    if service is not Service.ALL:
        return _create(service)
    from services import gateway

    return gateway.combine({name.value: _create(name) for name in names})


def _create(service: Service) -> "FastAPI":
    app: FastAPI = import_module(f"services.{service}.app").create_app()
    return app


def _welcome(urls: "HubUrls") -> None:
    typer.echo(
        f"\nThe hub is up at {urls.public}\n"
        f"  feeds      {urls.public}/feeds/all.atom\n"
        f"  status     pabal status\n"
        f"  API        {urls.public}/openapi.json\n"
        f"  stop       Ctrl-C\n",
        err=True,
    )


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, serve, worker, beat, deliver, migrate):
        app.command()(command)
