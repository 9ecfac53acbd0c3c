"""The shelf: what was made is given again for a moment, and made once for a crowd."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from services.feeds.documents import document
from services.feeds.serving.answer import Ready
from services.feeds.serving.shelf import FRESH_SECONDS, Shelf
from tests.unit.feeds.serving.test_conditional import CHANGED


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Maker:
    """Makes a document, and knows how often; waits while the gate is shut."""

    def __init__(self, size: int = 10) -> None:
        self.before: list[Ready | None] = []
        self.size = size
        self.fault: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, before: Ready | None) -> Ready:
        self.before.append(before)
        assert self.gate.wait(10)
        if self.fault is not None:
            raise self.fault
        return Ready(document(b"x" * self.size, "text/plain", CHANGED, 1), {})


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 10))


def test_it_is_given_again_until_it_is_stale_and_then_made_from_what_there_was() -> None:
    clock, make = Clock(), Maker()

    async def work() -> None:
        shelf = Shelf(clock=clock)
        assert shelf.fresh("a") is None
        first = await shelf.get("a", make)
        assert shelf.fresh("a") is await shelf.get("a", make) is first
        clock.now += FRESH_SECONDS
        assert shelf.fresh("a") is None
        await shelf.get("a", make)
        assert make.before == [None, first]

    run(work)


def test_while_one_looks_the_others_get_what_there_was_but_not_for_long() -> None:
    clock, make = Clock(), Maker()

    async def work() -> None:
        shelf = Shelf(clock=clock)
        first = await shelf.get("a", make)
        clock.now += FRESH_SECONDS
        make.gate.clear()
        looking = asyncio.create_task(shelf.get("a", make))
        while len(make.before) < 2:
            await asyncio.sleep(0)
        assert shelf.fresh("a") is await shelf.get("a", make) is first
        clock.now += FRESH_SECONDS
        assert shelf.fresh("a") is None
        late = asyncio.create_task(shelf.get("a", make))
        make.gate.set()
        assert await late is await looking is not first

    run(work)


def test_a_crowd_waits_for_one() -> None:
    make = Maker()

    async def work() -> None:
        shelf = Shelf()
        make.gate.clear()
        crowd = [asyncio.create_task(shelf.get("a", make)) for _ in range(50)]
        while not make.before:
            await asyncio.sleep(0)
        crowd[0].cancel()
        make.gate.set()
        got = await asyncio.gather(*crowd[1:])
        assert len(make.before) == 1
        assert len({id(ready) for ready in got}) == 1

    run(work)


def test_a_fault_reaches_all_who_wait_and_is_not_kept() -> None:
    make = Maker()
    make.fault = LookupError()

    async def work() -> None:
        shelf = Shelf()
        make.gate.clear()
        crowd = [asyncio.create_task(shelf.get("a", make)) for _ in range(3)]
        while not make.before:
            await asyncio.sleep(0)
        make.gate.set()
        faults = await asyncio.gather(*crowd, return_exceptions=True)
        assert [type(fault) for fault in faults] == [LookupError] * 3
        make.fault = None
        assert await shelf.get("a", make) is shelf.fresh("a")

    run(work)


@pytest.mark.parametrize(("most", "left"), [(30, "abc"), (29, "bc"), (10, "c"), (1, "c")])
def test_the_oldest_make_room(most: int, left: str) -> None:
    async def work() -> None:
        shelf = Shelf(most_bytes=most)
        for name in "abc":
            await shelf.get(name, Maker())
        assert [name for name in "abc" if shelf.fresh(name)] == list(left)

    run(work)


def test_however_small_they_are_they_are_counted() -> None:
    async def work() -> None:
        shelf = Shelf(most=2)
        for name in "abc":
            await shelf.get(name, Maker())
        assert [name for name in "abc" if shelf.fresh(name)] == ["b", "c"]

    run(work)
