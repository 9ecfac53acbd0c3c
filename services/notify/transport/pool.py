"""Keeps connections for the next request to the same origin."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from services.notify.transport.connection import Connection
from services.notify.transport.target import Origin

_CLOSING_SECONDS = 1.0


class _Shelf:
    """One origin's idle connections, newest last, and the turns that its cap allows."""

    def __init__(self, cap: int) -> None:
        self.turns = asyncio.Semaphore(cap)
        self.idle: dict[Connection, None] = {}
        self.users = 0


class Pool:
    """Connections by origin: at most ``per_origin`` each, at most ``max_idle`` idle in all.

    An idle connection is closed after ``idle_seconds``, or earlier where room is needed or the
    peer closes it. The newest is used first, so that a quiet origin's spare ones expire.
    """

    def __init__(
        self,
        dial: Callable[[Origin], Awaitable[Connection]],
        *,
        per_origin: int,
        max_idle: int,
        idle_seconds: float,
    ) -> None:
        """Start empty; ``dial`` opens what is missing."""
        self._dial = dial
        self._per_origin = per_origin
        self._max_idle = max_idle
        self._idle_seconds = idle_seconds
        self._shelves: dict[Origin, _Shelf] = {}
        self._idle: OrderedDict[Connection, tuple[Origin, float]] = OrderedDict()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def acquire(self, origin: Origin, deadline: float) -> Connection:
        """Return a connection to use alone, waiting for a turn at the origin's cap.

        Each one goes back by ``release``. Raises what ``dial`` raises, ``TimeoutError`` at the
        loop time ``deadline``, and ``RuntimeError`` once the pool is closed.
        """
        if self._closed:
            raise RuntimeError("the transport is closed")
        shelf = self._shelves.get(origin)
        if shelf is None:
            shelf = self._shelves[origin] = _Shelf(self._per_origin)
        shelf.users += 1
        try:
            if shelf.idle and not shelf.turns.locked():
                await shelf.turns.acquire()  # does not wait
                connection = self._warm(shelf)
                if connection is not None:
                    return connection
                shelf.turns.release()
            async with asyncio.timeout_at(deadline):
                return await self._in_turn(origin, shelf)
        except BaseException:
            self._leave(origin, shelf)
            raise

    def release(self, origin: Origin, connection: Connection) -> None:
        """Take a connection back: keep it where it can carry another exchange, else close it."""
        shelf = self._shelves[origin]
        if connection.detach() and not self._closed:
            self._keep(origin, shelf, connection)
        else:
            connection.abort()
        shelf.turns.release()
        self._leave(origin, shelf)

    async def aclose(self) -> None:
        """Close the idle connections now and the others when they come back."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        closing = list(self._idle)
        for connection in closing:
            self._drop(connection)
        if closing:
            lost = [asyncio.ensure_future(connection.wait_lost()) for connection in closing]
            await asyncio.wait(lost, timeout=_CLOSING_SECONDS)

    async def _in_turn(self, origin: Origin, shelf: _Shelf) -> Connection:
        await shelf.turns.acquire()
        try:
            return self._warm(shelf) or await self._dial(origin)
        except BaseException:
            shelf.turns.release()
            raise

    def _warm(self, shelf: _Shelf) -> Connection | None:
        """Return an idle connection that is still open.

        One that the peer has closed is known here, before anything is sent on it; so nothing is
        ever sent twice.
        """
        while shelf.idle:
            connection, _ = shelf.idle.popitem()
            del self._idle[connection]
            connection.on_lost = None
            if connection.is_fresh():
                return connection
            connection.abort()
        return None

    def _keep(self, origin: Origin, shelf: _Shelf, connection: Connection) -> None:
        if len(self._idle) >= self._max_idle:
            self._drop(next(iter(self._idle)))
        now = asyncio.get_running_loop().time()
        self._idle[connection] = (origin, now + self._idle_seconds)
        shelf.idle[connection] = None
        connection.on_lost = self._drop
        if self._sweeper is None:
            self._sweep_at(now + self._idle_seconds)

    def _drop(self, connection: Connection) -> None:
        """Close an idle connection and forget it."""
        origin, _ = self._idle.pop(connection)
        connection.on_lost = None
        shelf = self._shelves[origin]
        del shelf.idle[connection]
        connection.abort()
        self._forget_unused(origin, shelf)

    def _sweep_at(self, moment: float) -> None:
        self._sweeper = asyncio.get_running_loop().call_at(moment, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle too long; the longest idle come first."""
        self._sweeper = None
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, (_, expires) = next(iter(self._idle.items()))
            if expires > now:
                self._sweep_at(expires)
                return
            self._drop(connection)

    def _leave(self, origin: Origin, shelf: _Shelf) -> None:
        shelf.users -= 1
        self._forget_unused(origin, shelf)

    def _forget_unused(self, origin: Origin, shelf: _Shelf) -> None:
        if not shelf.users and not shelf.idle:
            self._shelves.pop(origin, None)
