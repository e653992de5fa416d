"""The alarm: one timer for the soonest due time, whoever told it and whenever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from engine.runtime.alarm import Alarm
from store.errors import Damaged
from tests.simulation.simloop import SimClock, SimLoop


class Slow:
    """Commits take a second; each answers the next due time it is given."""

    def __init__(self, clock: SimClock, answers: list[int | None]) -> None:
        self.at: list[int] = []
        self._clock = clock
        self._answers = answers

    async def write(self, operation: Callable[[Any], Any]) -> int | None:
        self.at.append(self._clock.steady_ms() - SimClock.EPOCH_MS)
        await asyncio.sleep(1)
        answer = self._answers.pop(0) if self._answers else None
        if answer == -1:
            raise Damaged
        return None if answer is None else SimClock.EPOCH_MS + answer


@pytest.mark.parametrize(
    ("armed", "answers", "expected"),
    [
        ([(0, 5000)], [], [5000]),
        ([(0, 5000), (1, 2000)], [5000], [2000, 5000]),
        ([(0, 5000), (1, 9000)], [9000], [5000, 9000]),
        # Told while the promotion is on its way, and due before it is over.
        ([(0, 2000), (2.2, 2500)], [None, None], [2000, 3000]),
        ([(0, 2000), (2.2, 7000)], [None], [2000, 7000]),
        # Whatever the disk says, it is tried again.
        ([(0, 2000)], [-1, None], [2000, 3000]),
    ],
)
def test_it_rings_when_due(armed: list[tuple[float, int]], answers: list[int | None], expected: list[int]) -> None:
    loop = SimLoop(random.Random(1))

    async def scenario() -> None:
        clock = SimClock(loop, 0.0, random.Random(1))
        persistence: Any = Slow(clock, list(answers))
        alarm = Alarm(clock, persistence)
        for second, due in armed:
            loop.call_at(second, alarm.arm, SimClock.EPOCH_MS + due)
        await asyncio.sleep(30)
        await alarm.stop()
        alarm.arm(clock.steady_ms())
        await asyncio.sleep(5)
        assert [round(at, -2) for at in persistence.at] == expected

    loop.run_until_complete(scenario())
    loop.close()
    assert not loop.uncaught
