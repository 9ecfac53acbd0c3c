"""The doorbell: tell the relay that there is something, off the request's path.

Best effort: a ring may be lost, the tick rings again within a second. Rings during one that is
under way, or soon after it, become one more: a ring costs as much as taking a post.
"""

import threading

import structlog

from shared import broker

PAUSE = 0.02
"""Seconds between two rings, by which an event is late at the most."""

_log = structlog.get_logger(__name__)


class Doorbell:
    """Rings in a thread of its own, so that a slow or dead Redis never delays an answer."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="doorbell", daemon=True)

    def start(self) -> None:
        """Begin to listen for rings."""
        self._thread.start()

    def ring(self) -> None:
        """Ask for the relay; returns at once."""
        self._wanted.set()

    def close(self) -> None:
        """Stop after the ring under way, if any."""
        self._closed.set()
        self._wanted.set()
        self._thread.join(timeout=2)

    def _serve(self) -> None:
        while True:
            self._wanted.wait()
            if self._closed.is_set():
                return
            self._wanted.clear()
            try:
                broker.ring(broker.RELAY)
            except Exception as error:  # noqa: BLE001  # one more lost ring
                _log.info("doorbell not heard", error=type(error).__name__)
            self._closed.wait(PAUSE)
