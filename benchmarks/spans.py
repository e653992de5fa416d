"""What spans cost: processor time of whole documents with a span a hop against none, in interleaved pairs.

`python -m benchmarks.spans [PAIRS] [COUNT]`: COUNT different NF-e a run, through the product's own agents, store and telemetry. The figure is the
median of the ratios of pairs with its upper 95 % bound (the order statistic that the median exceeds in 5 of 100 such samples). The exit code says
whether the bar was met.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from math import comb
from pathlib import Path

from benchmarks.workloads import documents

#: Most a document may cost with spans, as a ratio.
BAR = 1.03


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


def _cpu_ms(spans: bool, count: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        cpu: float = asyncio.run(documents.whole(Path(directory), "FULL", count, spans=spans))["cpu_ms_each"]
    return cpu


def main(pairs: int = 20, count: int = 150) -> int:
    """Measure and print one object."""
    on: list[float] = []
    off: list[float] = []
    _cpu_ms(True, count)
    for pair in range(pairs):
        # Who goes first changes, so that a drift of the machine does not count for one of them.
        for spans in (True, False) if pair % 2 else (False, True):
            (on if spans else off).append(_cpu_ms(spans, count))
    ratios = [with_spans / without for with_spans, without in zip(on, off, strict=True)]
    bound = upper_bound(ratios)
    print(
        json.dumps(
            {
                "pairs": pairs, "documents": count, "cpu_ms_on": round(statistics.median(on), 3), "cpu_ms_off": round(statistics.median(off), 3),
                "ratio": round(statistics.median(ratios), 4), "upper_95": round(bound, 4), "bar": BAR,
            }
        )
    )  # fmt: skip
    return 0 if bound <= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
