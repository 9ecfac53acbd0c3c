"""Ingest's Celery tasks: the doorbell's relay and the tick that sweeps behind it."""

from services.ingest.relay import relay, standing, tick
from services.ingest.release import release_due
from services.ingest.sources.poll import anything_due, poll_due
from shared.broker import FAN_OUT, POLL, REBUILD, RELAY, TICK, broker, ring
from shared.clock import utc_now


@broker.task(name=RELAY)
def relay_events() -> None:
    """Number new events and ring whoever has not seen them."""
    relay()
    _ring_behind()


@broker.task(name=TICK)
def sweep() -> None:
    """Each second: publish what is due, then relay, whether or not anybody rang."""
    tick()
    release_due(utc_now())
    relay()
    _ring_behind()
    if anything_due(utc_now()):
        ring(POLL)


@broker.task(name=POLL)
def poll_sources() -> None:
    """Fetch the feeds that are due."""
    poll_due(utc_now())


def _ring_behind() -> None:
    reached = standing()
    if reached.fanned_out < reached.numbered:
        ring(FAN_OUT)
    if reached.rebuilt < reached.numbered:
        ring(REBUILD)
