"""The pulse of the loop: how late a 5 ms ticker fires, measured for the whole run in fixed buckets."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

TICK_S = 0.005
#: Upper bounds of the buckets, in milliseconds; what is later than the last falls into one more.
BOUNDS_MS = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 20.0, 25.0, 33.0, 50.0, 75.0, 100.0, 200.0, 500.0, 1000.0)


class Lag(NamedTuple):
    """How late ticks were, in milliseconds: bounds of the buckets that hold the 50th and 95th percentile, and the latest of all."""

    ticks: int
    p50: float
    p95: float
    worst: float


class Pulse:
    """Ticks between `start` and `stop`. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets = [0] * (len(BOUNDS_MS) + 1)
        self._worst = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tick."""
        self._task = asyncio.ensure_future(self._beat())

    def stop(self) -> None:
        """Stop ticking; what was measured stays."""
        if self._task is not None:
            self._task.cancel()

    @property
    def lag(self) -> Lag:
        """What was measured so far."""
        ticks = sum(self._buckets)
        return Lag(ticks, self._percentile(ticks, 0.50), self._percentile(ticks, 0.95), round(self._worst, 1))

    async def _beat(self) -> None:
        while True:
            asked = self._monotonic()
            await asyncio.sleep(TICK_S)
            late = max(0.0, (self._monotonic() - asked - TICK_S) * 1000)
            self._buckets[bisect_left(BOUNDS_MS, late)] += 1
            self._worst = max(self._worst, late)

    def _percentile(self, ticks: int, share: float) -> float:
        wanted = ticks * share
        seen = 0
        for bound, count in zip((*BOUNDS_MS, self._worst), self._buckets, strict=True):
            seen += count
            if seen >= wanted and ticks:
                return min(bound, self._worst)
        return 0.0
