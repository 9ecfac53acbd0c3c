"""The engine as a process: ``pabal deliver``."""

import asyncio
import signal

from services.notify.engine import IN_FLIGHT, Engine
from services.notify.sender import Sender
from services.notify.transport.transport import DeliveryTransport
from shared.db.engine import dsn
from shared.settings import settings


async def deliver() -> None:
    """Deliver until SIGTERM or SIGINT."""
    transport = DeliveryTransport(
        allowed_networks=settings().allowed_networks,
        # Waiting for a turn counts as part of an attempt: the engine's bound is the only one.
        max_connections_per_origin=IN_FLIGHT,
    )
    engine = Engine(dsn(), Sender(transport, settings().retry_schedule))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, engine.stop)
    try:
        await engine.run()
    finally:
        await transport.aclose()
