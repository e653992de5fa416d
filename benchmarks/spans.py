"""What spans cost: processor time of whole documents with a span a hop against none, in interleaved pairs.

`python -m benchmarks.spans [PAIRS] [COUNT]`: one running product, through its own agents, store and telemetry. A pair is sixteen blocks of COUNT different
NF-e, in an order that favours neither (the next pair the other way round), so that a drift of the machine or a growing database counts for both alike:
runs of a process each differ by far more than a span costs, and so do blocks, by what a checkpoint falls into. What the telemetry has to write is written
within its block. The figure is the median of the pairs' ratios with its upper 95 % bound (the order statistic that the median exceeds in 5 of 100 such
samples). The data directory lies in memory where the system has such a place: the kernel's time for making a COMMIT durable varies by more than a span
costs, and without it the ratio is the stricter one. The exit code says whether the bar was met.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from math import comb
from pathlib import Path
from typing import Any

from benchmarks import notes, operations, page
from benchmarks.workloads.documents import Line, line

#: Most a document may cost with spans, as a ratio.
BAR = 1.03
#: Which blocks of a pair have spans: in this order (Thue and Morse's) a drift cancels out, also one that grows.
ORDER = (True, False, False, True, False, True, True, False, False, True, True, False, True, False, False, True)
MEMORY = Path("/dev/shm")


def upper_bound(values: list[float]) -> float:
    """The upper 95 % bound of the median, by the binomial distribution of the values below it."""
    ordered = sorted(values)
    count = len(ordered)
    below = 0.0
    for place, value in enumerate(ordered):
        below += comb(count, place) / 2**count
        if below >= 0.95:
            return value
    return ordered[-1]


async def _block(product: Line, paths: Sequence[Path], *, spans: bool) -> float:
    """Milliseconds of processor time a document."""
    product.trail.spans = spans
    gc.collect()
    began = time.process_time()
    await product.process(paths)
    await product.keeper.flush()
    return (time.process_time() - began) / len(paths) * 1000


async def measure(directory: Path, pairs: int, count: int) -> dict[str, Any]:
    """Figures by name."""
    warming = max(count, len(notes.samples()))
    paths = iter(notes.write(directory / "in", warming + len(ORDER) * pairs * count))
    on: list[float] = []
    off: list[float] = []
    async with line(directory / "data", "FULL") as product:
        await _block(product, [next(paths) for _ in range(warming)], spans=True)
        for pair in range(pairs):
            cost = {True: 0.0, False: 0.0}
            for place in ORDER:
                spans = place if pair % 2 == 0 else not place
                cost[spans] += await _block(product, [next(paths) for _ in range(count)], spans=spans) / len(ORDER) * 2
            on.append(cost[True])
            off.append(cost[False])
    ratios = [with_spans / without for with_spans, without in zip(on, off, strict=True)]
    return {
        "pairs": pairs, "documents": len(ORDER) * pairs * count, "cpu_ms_on": round(statistics.median(on), 3), "cpu_ms_off": round(statistics.median(off), 3),
        "ratio": round(statistics.median(ratios), 4), "upper_95": round(upper_bound(ratios), 4), "bar": BAR,
    }  # fmt: skip


def main(pairs: int = 20, count: int = 100) -> int:
    """Measure, print and keep one object."""
    with tempfile.TemporaryDirectory(prefix="nexus-spans-", dir=MEMORY if MEMORY.is_dir() else None) as directory:
        figures = asyncio.run(measure(Path(directory), pairs, count))
    operations.keep("spans", figures)
    page.write()
    return 0 if figures["upper_95"] <= BAR else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
