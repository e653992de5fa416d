"""Waking what sleeps: delayed messages and ended leases become ready when they are due. One timer, no polling."""

from __future__ import annotations

import asyncio
from functools import partial

from engine.outside import Clock
from engine.runtime.persistence import STALL_S, Persistence
from store import queues
from store.errors import StoreError
from store.transaction import Transaction


class Alarm:
    """Armed for the soonest due time anybody has told it."""

    def __init__(self, clock: Clock, persistence: Persistence) -> None:
        self._clock = clock
        self._persistence = persistence
        self._timer: asyncio.TimerHandle | None = None
        self._due: int | None = None
        self._promoting: asyncio.Task[None] | None = None
        self._again = False
        self._stopped = False

    def arm(self, due: int | None) -> None:
        """Wake at `due` (steady clock) if nothing wakes sooner."""
        if due is None or self._stopped or (self._due is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        delay = max(0, due - self._clock.steady_ms()) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    async def stop(self) -> None:
        """Wake nobody any more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._promoting is not None and not self._promoting.done():
            self._promoting.cancel()
            await asyncio.wait({self._promoting})

    def _ring(self) -> None:
        self._timer = self._due = None
        self._again = True
        if self._promoting is None or self._promoting.done():
            self._promoting = asyncio.ensure_future(self._promote())

    async def _promote(self) -> None:
        while self._again:
            self._again = False
            now = self._clock.steady_ms()
            try:
                due = await self._persistence.write(partial(_promote, now=now))
            except StoreError:
                due = now + int(STALL_S * 1000)
            self.arm(due)


def _promote(tx: Transaction, *, now: int) -> int | None:
    queues.promote(tx, now)
    return queues.next_due(tx)
