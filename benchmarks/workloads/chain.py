"""Eleven hops through the product's own dispatcher: many documents in flight, and one alone."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.appliance import CommitCount, appliance
from benchmarks.payloads import HOPS, IN_FLIGHT


async def busy(directory: Path, synchronous: str, run_ahead: bool, seconds: float) -> dict[str, Any]:
    """Hops a second with 64 documents in flight, then commits a hop in a counted window of its own."""
    async with appliance(directory, synchronous, run_ahead=run_ahead) as (store, feeder):
        await feeder.keep_busy(IN_FLIGHT, seconds / 4)
        documents = await feeder.keep_busy(IN_FLIGHT, seconds)
        counter = CommitCount()
        await counter.install(store)
        before = feeder.finished
        await feeder.keep_busy(IN_FLIGHT, seconds / 4)
        hops = (feeder.finished - before) * HOPS
        return {"hops_s": documents * HOPS, "commits_per_hop": counter.commits / hops}


async def idle(directory: Path, synchronous: str, run_ahead: bool, repeats: int) -> dict[str, Any]:
    """Milliseconds from enqueue to the COMMIT of the last hop, for a document that has the box to itself."""
    async with appliance(directory, synchronous, run_ahead=run_ahead) as (store, feeder):
        for _ in range(5):
            await feeder.send(1)
            await feeder.drain()
        times = []
        for _ in range(repeats):
            began = time.perf_counter()
            await feeder.send(1)
            await feeder.drain()
            times.append((time.perf_counter() - began) * 1000)
        counter = CommitCount()
        await counter.install(store)
        for _ in range(repeats):
            await feeder.send(1)
            await feeder.drain()
        return {"p50_ms": statistics.median(times), "commits": counter.commits / repeats}
