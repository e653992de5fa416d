"""The pulse notices a loop that is held, and says how long."""

from __future__ import annotations

import asyncio
import time

from engine.runtime.pulse import Pulse


async def test_a_held_loop_shows_in_the_pulse() -> None:
    pulse = Pulse(time.monotonic)
    assert pulse.lag == (0, 0.0, 0.0, 0.0)
    pulse.start()
    await asyncio.sleep(0.1)
    quiet = pulse.lag
    assert quiet.ticks >= 5 and quiet.p50 < 20
    for _ in range(12):
        time.sleep(0.06)  # what the pulse is there to notice
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
    pulse.stop()
    assert pulse.lag.worst >= 40 and pulse.lag.p95 >= 33
