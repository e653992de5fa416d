"""The measurements of a run, and running them: interleaved rounds, so that what disturbs one disturbs all; medians over the rounds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import Failed, run

DURABILITIES = ("FULL", "NORMAL")
QUEUES = ("litequeue", "persist_queue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One process: a function of a module with its arguments."""

    name: str
    module: str
    function: str
    arguments: dict[str, Any]
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How long and how large a run is."""

    rounds: int
    #: Seconds of a window under load.
    seconds: float
    #: Chains of one document alone.
    repeats: int
    documents: int
    #: Messages ready, keys stored.
    sizes: tuple[int, ...]
    #: Messages delayed or leased ahead.
    ahead: int
    #: Ways to set a peer up: tuned or not, and callers.
    variants: tuple[tuple[bool, int], ...]
    #: Also libraries that bring workers of their own, which are slow.
    workers: bool


FULL_RUN = Extent(
    rounds=3, seconds=1.5, repeats=60, documents=300, sizes=(1_000, 10_000, 100_000, 1_000_000), ahead=100_000,
    variants=((False, 1), (False, 64), (True, 1), (True, 64)), workers=True,
)
QUICK_RUN = Extent(
    rounds=1, seconds=0.3, repeats=20, documents=34, sizes=(1_000, 100_000), ahead=10_000,
    variants=((True, 1),), workers=False,
)


def plan(extent: Extent) -> list[Measurement]:
    """All measurements, those that are compared next to each other."""
    return [Measurement(**entry) for entry in _entries(extent)]


def _entries(extent: Extent) -> Iterator[dict[str, Any]]:
    for synchronous in DURABILITIES:
        yield from _chain(extent, synchronous)
        yield from _idle(extent, synchronous)
        yield from _single_calls(extent, synchronous)
    yield from _growth(extent)
    documents = {"synchronous": "FULL", "count": extent.documents}
    yield _entry("documents.product", "workloads.documents", "whole", extent.rounds, documents)
    yield _entry("documents.nfelib", "peers.nfelib_peer", "parse", extent.rounds, {"count": max(17, extent.documents // 6)})
    for ahead in (False, True):
        arguments = {"synchronous": "FULL", "run_ahead": ahead, "seconds": extent.seconds / 2}
        yield _entry(f"profile.chain.{'on' if ahead else 'off'}", "workloads.profile", "chain", 1, arguments)


def _chain(extent: Extent, synchronous: str) -> Iterator[dict[str, Any]]:
    for ahead in (False, True):
        arguments = {"synchronous": synchronous, "run_ahead": ahead, "seconds": extent.seconds}
        yield _entry(f"chain.{synchronous}.{'on' if ahead else 'off'}", "workloads.chain", "busy", extent.rounds, arguments)
    for library in QUEUES:
        for tuned, callers in extent.variants:
            yield _entry(
                f"chain.{synchronous}.peer.{library} {_setting(tuned)} x{callers}", f"peers.{library}_peer", "busy",
                extent.rounds, {"synchronous": synchronous, "tuned": tuned, "callers": callers, "seconds": extent.seconds},
            )
    if extent.workers:
        arguments = {"synchronous": synchronous, "tuned": True, "seconds": 3.0}
        yield _entry(f"chain.{synchronous}.peer.dbos tuned x64", "peers.dbos_peer", "busy", 1, arguments)


def _idle(extent: Extent, synchronous: str) -> Iterator[dict[str, Any]]:
    for ahead in (False, True):
        arguments = {"synchronous": synchronous, "run_ahead": ahead, "repeats": extent.repeats}
        yield _entry(f"idle.{synchronous}.{'on' if ahead else 'off'}", "workloads.chain", "idle", extent.rounds, arguments)
    for library in QUEUES:
        for tuned in sorted({tuned for tuned, _ in extent.variants}):
            yield _entry(
                f"idle.{synchronous}.peer.{library} {_setting(tuned)}", f"peers.{library}_peer", "idle", extent.rounds,
                {"synchronous": synchronous, "tuned": tuned, "repeats": extent.repeats // 2},
            )
    if extent.workers:
        for library in ("huey", "dbos"):
            for tuned in (False, True):
                yield _entry(
                    f"worker.{synchronous}.peer.{library} {_setting(tuned)}", f"peers.{library}_peer", "idle", 1,
                    {"synchronous": synchronous, "tuned": tuned, "repeats": 10, "seconds": 6.0},
                )


def _single_calls(extent: Extent, synchronous: str) -> Iterator[dict[str, Any]]:
    seconds = extent.seconds / 2
    for function in ("put", "take"):
        for callers, batch, label in ((1, 1, "x1"), (64, 1, "x64"), (1, 100, "batch")):
            arguments = {"synchronous": synchronous, "callers": callers, "batch": batch, "seconds": seconds}
            yield _entry(f"{function}.{synchronous}.{label}", "workloads.enqueue", function, extent.rounds, arguments)
        for library in QUEUES:
            for callers in sorted({callers for _, callers in extent.variants}):
                arguments = {"synchronous": synchronous, "tuned": function == "take", "callers": callers, "seconds": seconds}
                yield _entry(
                    f"{function}.{synchronous}.peer.{library} x{callers}", f"peers.{library}_peer", function, extent.rounds, arguments
                )


def _growth(extent: Extent) -> Iterator[dict[str, Any]]:
    cases = [("empty", 0, 0, 0)]
    cases += [(f"{size} ready", size, 0, 0) for size in extent.sizes]
    cases += [(f"{extent.ahead} delayed", 0, extent.ahead, 0), (f"{extent.ahead} leased", 0, 0, extent.ahead)]
    for label, ready, delayed, leased in cases:
        arguments = {"synchronous": "FULL", "ready": ready, "delayed": delayed, "leased": leased, "repeats": 200}
        yield _entry(f"claim.{label}", "workloads.growth", "claim", extent.rounds, arguments)
    for size in extent.sizes:
        arguments = {"synchronous": "FULL", "keys": size, "ticks": 100}
        yield _entry(f"sweep.{size} keys", "workloads.growth", "sweeping", extent.rounds, arguments)


def _setting(tuned: bool) -> str:
    return "tuned" if tuned else "default"


def _entry(name: str, module: str, function: str, rounds: int, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "module": module, "function": function, "rounds": rounds, "arguments": arguments}


def execute(extent: Extent, only: str, told: Callable[[str], None]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Medians by measurement, and why others have none. `only` is a prefix of names; `told` hears of every result."""
    chosen = [measurement for measurement in plan(extent) if measurement.name.startswith(only)]
    raw: dict[str, list[dict[str, Any]]] = {}
    failed: dict[str, str] = {}
    for turn in range(extent.rounds):
        for measurement in chosen:
            if turn >= measurement.rounds or measurement.name in failed:
                continue
            try:
                result = run(measurement.module, measurement.function, measurement.arguments)
            except Failed as error:
                failed[measurement.name] = str(error)
                told(f"{measurement.name}: {error}")
                continue
            raw.setdefault(measurement.name, []).append(result)
            told(f"round {turn + 1} {measurement.name}: {_short(result)}")
    return {name: _median(results) for name, results in raw.items()}, failed


def _median(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Numbers as medians, with the single values of the first figure; the rest as it was last."""
    median: dict[str, Any] = {}
    for key, value in results[-1].items():
        values = [result[key] for result in results]
        median[key] = statistics.median(values) if isinstance(value, int | float) and not isinstance(value, bool) else value
    first = next(iter(results[0]))
    median["rounds"] = [result[first] for result in results]
    return median


def _short(result: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value:.4g}" for key, value in result.items() if isinstance(value, int | float))
