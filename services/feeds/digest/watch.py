"""When a worker looks for due digests: once in each minute, and at once after it began.

Slots fall on full minutes, so between them nothing new is due. It is asked each second, which
costs nothing: a ring that is lost, or a beat that was away at the full minute, delays by a second.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Lock


class Watch:
    """Looks by means of ``issue_due``, one at a time in a process."""

    def __init__(self, issue_due: Callable[[datetime], int]) -> None:
        self._issue_due = issue_due
        self._looking = Lock()
        self._minute: datetime | None = None

    def look(self, now: datetime) -> int:
        """Issue what is due, unless this minute has been seen to; return how many were settled.

        A look that failed was none.
        """
        minute = now.replace(second=0, microsecond=0)
        if minute == self._minute or not self._looking.acquire(blocking=False):
            return 0
        try:
            settled = self._issue_due(now)
            self._minute = minute
            return settled
        finally:
            self._looking.release()
