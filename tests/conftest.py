"""What holds for every test."""

import structlog
from hypothesis import settings

# Enough to find a fault within a few runs, and no clock decides: the machine may be busy.
settings.register_profile("suite", deadline=None, max_examples=50)
settings.load_profile("suite")

# By default a traceback is drawn with all that stands in memory, which takes many seconds.
structlog.configure(
    [structlog.stdlib.add_log_level, structlog.processors.format_exc_info,
     structlog.dev.ConsoleRenderer()]
)  # fmt: skip
