"""Notify's Celery task: control work only; the engine delivers."""

from services.notify.fan_out import fan_out
from shared.broker import FAN_OUT, broker
from shared.settings import settings


@broker.task(name=FAN_OUT)
def fan_out_events() -> None:
    """Make the deliveries of new events."""
    fan_out(settings().retry_schedule[0])
