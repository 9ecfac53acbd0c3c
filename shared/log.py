"""Structured logs: one event a line, JSON off a terminal, with the request or event id."""

import logging
import sys
from typing import Any

import structlog
from structlog.types import Processor, WrappedLogger

from shared import text
from shared.settings import settings

_QUIET = (
    "httpx", "httpcore", "urllib3", "kombu", "amqp", "asyncio", "alembic", "celery.app.trace",
    "celery.worker.strategy", "celery.beat",
)  # fmt: skip


def configure(process: str) -> None:
    """Set up logging of this process; ``process`` stands in every line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(settings().log_level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(),
                _mask,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level.upper())
    # These name whole URLs, tokens included, or say what nobody asked.
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)


def _renderer() -> Processor:
    wanted = settings().log_format
    if wanted == "console" or (wanted == "auto" and sys.stderr.isatty()):
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _mask(_logger: WrappedLogger, _method: str, line: Any) -> str:
    """Mask secrets in the finished line, so that none hides in a nested value or a traceback."""
    return text.masked(line)
