"""What this process gave out a moment ago: given again at once, and made once for a crowd."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from services.feeds.serving.answer import Ready

FRESH_SECONDS = 0.25
"""For how long a document is given out without looking whether it is still the one."""

MOST_BYTES = 64 * 1024 * 1024
MOST = 1000
"""Documents: whoever walks along all feeds leaves behind small ones by the ten thousand."""

Make = Callable[[Ready | None], Ready]
"""Makes what is asked for, given what was there before."""


@dataclass(slots=True)
class _Kept:
    ready: Ready
    until: float


class Shelf:
    """Documents by name, the least recently made ones dropped where they are too many.

    Belongs to one event loop. While one is made, whoever asks for it waits for that.
    """

    def __init__(
        self,
        *,
        seconds: float = FRESH_SECONDS,
        most_bytes: int = MOST_BYTES,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[Ready]] = {}

    def fresh(self, name: Hashable) -> Ready | None:
        """Return what may be given out without a look; None where there is nothing such.

        While one looks, the others need not wait: for as long again, they get what there was.
        """
        kept = self._kept.get(name)
        if kept is None:
            return None
        late = self._clock() - kept.until
        being_made = name in self._making
        return kept.ready if late < (self._seconds if being_made else 0.0) else None

    async def get(self, name: Hashable, make: Make) -> Ready:
        """Return what has this name; ``make`` runs in a thread, once for all who ask meanwhile.

        Raises what ``make`` raises, and keeps nothing then.
        """
        fresh = self.fresh(name)
        if fresh is not None:
            return fresh
        making = self._making.get(name)
        if making is None:
            making = asyncio.create_task(self._make(name, make))
            self._making[name] = making
            making.add_done_callback(lambda _: self._making.pop(name))
        # One who hangs up must not take it away from the others.
        return await asyncio.shield(making)

    async def _make(self, name: Hashable, make: Make) -> Ready:
        # From before it is looked for: what changes meanwhile is looked for again in time.
        until = self._clock() + self._seconds
        before = self._kept.get(name)
        ready = await run_in_threadpool(make, None if before is None else before.ready)
        self._kept[name] = _Kept(ready, until)
        self._kept.move_to_end(name)
        self._make_room()
        return ready

    def _make_room(self) -> None:
        held = sum(kept.ready.size for kept in self._kept.values())
        while (held > self._most_bytes or len(self._kept) > self._most) and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            held -= dropped.ready.size
