"""Sharing one loop fairly: who computes now, for how long, and until when.

Agents are coroutines that mostly compute. If every ready one ran in the same iteration of the loop, a face would wait for the sum of them;
so one holds the turn at a time, lets the loop run after `SLICE` seconds, hands the turn over after `LONGEST`, and lets it go wherever it
waits for something.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

#: Longest an agent holds the loop before the next handle may run, in seconds.
SLICE = 0.002
#: Longest an agent keeps the others waiting, in seconds: an ordinary document is through by then.
LONGEST = 0.020


class Turn:
    """The right to compute: by priority (lower is sooner); within one, whoever comes back from waiting goes first, then first come first served.

    So work flows depth first: what has begun is finished while it is warm, and is overtaken only by what is more urgent.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held = False
        #: By priority.
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        #: The holder's priority.
        self._prio = 0
        self._since = 0.0
        self._breathed = 0.0
        #: When the first holder in this pass of the loop began.
        self._pass: float | None = None

    async def take(self, prio: int = 0, *, resuming: bool = False) -> None:
        """Wait for the turn; whoever has it gives it back in a `finally`."""
        if self._held:
            await self._queue(prio, resuming=resuming)
        self._held = True
        self._prio = prio
        now = self._monotonic()
        if self._pass is not None and now - self._pass >= SLICE:
            # Others have used up this pass of the loop, each with a little.
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                self.give()
                raise
            now = self._monotonic()
        if self._pass is None:
            self._pass = now
            asyncio.get_running_loop().call_soon(self._passed)
        self._since = self._breathed = now

    def _passed(self) -> None:
        self._pass = None

    async def _queue(self, prio: int, *, resuming: bool) -> None:
        handed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(prio, deque())
        if resuming:
            waiting.appendleft(handed)
        else:
            waiting.append(handed)
        try:
            await handed
        except asyncio.CancelledError:
            if handed.done() and not handed.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Hand the turn over."""
        for prio in sorted(self._waiting):
            waiting = self._waiting[prio]
            while waiting:
                handed = waiting.popleft()
                if not handed.done():
                    handed.set_result(None)
                    return
        self._held = False

    def is_due(self, now: float) -> bool:
        """Whether the holder should breathe."""
        return now - self._breathed >= SLICE

    async def breathe(self) -> None:
        """Called by the holder between two pieces of work: after a slice let the loop run, after a whole turn the others too."""
        now = self._monotonic()
        if not self.is_due(now):
            return
        if now - self._since < LONGEST:
            await asyncio.sleep(0)
            self._breathed = self._monotonic()
            return
        prio = self._prio
        self.give()
        try:
            await asyncio.sleep(0)
        finally:
            await self._retake(prio, resuming=False)

    async def aside(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """Wait for something without holding the turn."""
        prio = self._prio
        self.give()
        try:
            return await awaitable
        finally:
            await self._retake(prio, resuming=True)

    async def _retake(self, prio: int, *, resuming: bool) -> None:
        """Take the turn even if cancelled meanwhile: whoever called holds it, and gives it back when the cancellation gets there."""
        cancelled: asyncio.CancelledError | None = None
        while True:
            try:
                await self.take(prio, resuming=resuming)
            except asyncio.CancelledError as error:
                cancelled = error
                continue
            break
        if cancelled is not None:
            raise cancelled
