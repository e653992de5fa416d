"""The outside world, in one place: clocks, ids and chance. Everything else gets them injected, so that a run can be replayed.

This is the only module of the engine that may ask the operating system for the time or for randomness.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """Time; the store's own protocol, structurally."""

    def wall_ms(self) -> int:
        """Milliseconds since the epoch by the wall clock."""
        ...

    def steady_ms(self) -> int:
        """Milliseconds since the epoch at process start plus what a monotonic clock counted since: it never jumps."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._start_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def steady_ms(self) -> int:
        return self._start_ms + time.monotonic_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class Outside:
    """Clock, ids and chance, handed down from the composition root."""

    def __init__(self, clock: Clock, new_id: Callable[[], str], chance: random.Random) -> None:
        self.clock = clock
        #: A fresh opaque id, for jobs and traces.
        self.new_id = new_id
        self.chance = chance

    @classmethod
    def system(cls) -> Outside:
        """The real thing."""
        return cls(SystemClock(), lambda: str(uuid.uuid4()), random.SystemRandom())


def iso(wall_ms: int) -> str:
    """A stored time as the wire writes it: UTC, milliseconds, Z."""
    return f"{_to_the_second(wall_ms // 1000)}.{wall_ms % 1000:03d}Z"


@lru_cache(maxsize=16)
def _to_the_second(seconds: int) -> str:
    """strftime costs 9 µs, and a second has many events."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
