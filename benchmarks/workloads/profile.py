"""Where the time of a hop goes: the loop's functions by their own time, the writer's statements by theirs. Processor time of each thread."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.appliance import Feeder, appliance
from benchmarks.payloads import HOPS, IN_FLIGHT
from store.transaction import Transaction

#: Rows of each list.
SHOWN = 10


class Statements:
    """Processor time of the writer's thread by statement. Installed by an operation, on transactions that begin afterwards."""

    def __init__(self) -> None:
        self.times: defaultdict[str, float] = defaultdict(float)
        self.calls: defaultdict[str, int] = defaultdict(int)

    def install(self) -> None:
        """Wrap what every transaction offers; only in a process that ends after the measurement."""
        begin = Transaction.__init__

        def begin_timed(transaction: Transaction, *arguments: Any) -> None:
            begin(transaction, *arguments)
            transaction.execute = self._timed(transaction.execute)
            transaction.executemany = self._timed(transaction.executemany)

        Transaction.__init__ = begin_timed  # type: ignore[assignment,method-assign]

    def _timed(self, call: Any) -> Any:
        def timed(statement: str, *parameters: Any) -> Any:
            began = time.thread_time()
            try:
                return call(statement, *parameters)
            finally:
                self.times[statement[:60]] += time.thread_time() - began
                self.calls[statement[:60]] += 1

        return timed


async def chain(directory: Path, synchronous: str, run_ahead: bool, seconds: float) -> dict[str, Any]:
    """Microseconds a hop: whole process, loop thread, its costliest functions (own time), the writer's costliest statements."""
    async with appliance(directory, synchronous, run_ahead=run_ahead) as (_, feeder):
        await feeder.keep_busy(IN_FLIGHT, seconds / 4)
        finished, process, loop = feeder.finished, time.process_time(), time.thread_time()
        await feeder.keep_busy(IN_FLIGHT, seconds)
        hops = (feeder.finished - finished) * HOPS
        result = {"process_us": (time.process_time() - process) / hops * 1e6, "loop_us": (time.thread_time() - loop) / hops * 1e6}
        statements = Statements()
        statements.install()
        finished = feeder.finished
        await feeder.keep_busy(IN_FLIGHT, seconds)
        costliest = _costliest(statements, (feeder.finished - finished) * HOPS)
        return {**result, "functions": await _functions(feeder, seconds), "statements": costliest}


async def _functions(feeder: Feeder, seconds: float) -> list[tuple[str, float, float]]:
    """(name, share of the loop's time, calls a hop). Shares, because a profiler slows calls down unevenly."""
    profile = cProfile.Profile()
    finished = feeder.finished
    profile.enable()
    await feeder.keep_busy(IN_FLIGHT, seconds)
    profile.disable()
    hops = (feeder.finished - finished) * HOPS
    rows: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    own = {key: values[2] for key, values in rows.items() if "poll" not in key[2]}
    total = sum(own.values())
    top = sorted(own, key=lambda key: -own[key])[:SHOWN]
    return [(f"{Path(key[0]).name}:{key[2]}" if key[1] else key[2], own[key] / total, rows[key][1] / hops) for key in top]


def _costliest(statements: Statements, hops: int) -> list[tuple[str, float, float]]:
    """(statement, microseconds a hop, calls a hop)."""
    top = sorted(statements.times, key=lambda statement: -statements.times[statement])[:SHOWN]
    return [(statement, statements.times[statement] / hops * 1e6, statements.calls[statement] / hops) for statement in top]
