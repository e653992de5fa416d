"""Sharing one loop fairly: who computes now, for how long, and until when.

Agents are coroutines that mostly compute. If every ready one ran in the same iteration of the loop, a face would wait for the sum of them;
so one holds the turn at a time, hands it over after `SLICE` seconds, and lets it go wherever it waits for something.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")

#: Longest an agent holds the loop before the next handle may run, in seconds.
SLICE = 0.005


class Turn:
    """The right to compute, first come first served."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._since = 0.0

    async def take(self) -> None:
        """Wait for the turn."""
        await self._lock.acquire()
        self._since = self._monotonic()

    def give(self) -> None:
        """Hand the turn over."""
        self._lock.release()

    async def breathe(self) -> None:
        """Called by the holder between two pieces of work: after a slice, let the loop and the others run."""
        if self._monotonic() - self._since < SLICE:
            return
        self.give()
        await asyncio.sleep(0)
        await self.take()

    async def aside(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """Wait for something without holding the turn."""
        self.give()
        try:
            return await awaitable
        finally:
            await self.take()


async def within(coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
    """The coroutine's result, or `TimeoutError`. A timer is armed only if it does not finish at its first step, which most agents do."""
    try:
        yielded = coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    async with asyncio.timeout(seconds):
        return await _resume(coroutine, yielded)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, T], yielded: Any) -> Generator[Any, Any, T]:
    """Go on with a coroutine that has already been started and is waiting for `yielded`."""
    while True:
        try:
            sent = yield yielded
        except BaseException as error:
            try:
                yielded = coroutine.throw(error)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
        else:
            try:
                yielded = coroutine.send(sent)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
