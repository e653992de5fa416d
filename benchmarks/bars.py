"""The bars: what a run must show, computed from its medians."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table. `met` is `None` where there is no bar, or nothing to compare with in this run."""

    measure: str
    ours: str
    beside: str
    ratio: str
    bar: str
    met: bool | None
    #: What would help, told where the bar is missed.
    next_step: str = ""


def rows(results: Results) -> list[Row]:
    """All lines that this run has figures for."""
    found: list[Row] = []
    for synchronous, off, on in (("FULL", 6.0, 25.0), ("NORMAL", 2.5, 10.0)):
        found += _chain(results, synchronous, "off", off) + _chain(results, synchronous, "on", on)
    for synchronous, bar in (("FULL", 0.3), ("NORMAL", 0.5)):
        found += _idle(results, synchronous, bar)
    for synchronous in ("FULL", "NORMAL"):
        found += _worker(results, synchronous)
    found += _claim(results) + _sweep(results)
    for synchronous in ("FULL", "NORMAL"):
        found += _calls(results, synchronous)
    return found + _documents(results)


def best(results: Results, prefix: str, figure: str, *, least: bool = False) -> tuple[str, float] | None:
    """The best peer among the measurements of that prefix, and its figure."""
    peers = {name.removeprefix(prefix): float(result[figure]) for name, result in results.items() if name.startswith(prefix)}
    if not peers:
        return None
    name = (min if least else max)(peers, key=lambda peer: peers[peer])
    return name, peers[name]


HOP_BY_HOP = (
    "The hop is bound by the processor, not by the disk: one interpreter lock for the loop and the writer's thread, whose times add up. In profiles the loop had 55 % "
    "(encoding the payload a tenth of all, the objects and tasks of a delivery the rest), the writer 45 % (the row of 4 KB rewritten in place, its timeline row, and "
    "COMMIT a fifth of all). Next: fewer objects a delivery, and a payload that did not change is not encoded again."
)
CHECKPOINT = (
    "500 keys deleted at random places are up to 500 pages, which one COMMIT writes and syncs; the statements themselves stop after 10 ms. Checkpoints no longer run in "
    "it. Next: keys that expire together lie together."
)
PIPELINE = (
    "By samples: the agents have half of the time (reading 16 %, rules 8 %, booking 6 %), the runtime a quarter, SQL 12 %, intake 10 %. Reading is near what lxml costs "
    "(walking the tree, XSD validation, the digest)."
)
IN_MEMORY = (
    "Loop and writer share one interpreter lock and their times add up; COMMIT is a quarter of the writer's, the timeline rows a sixth. The peer's figure is mostly fsync, "
    "ours mostly processor: the ratio moves with the two."
)


def _chain(results: Results, synchronous: str, ahead: str, bar: float) -> list[Row]:
    ours = results.get(f"chain.{synchronous}.{ahead}")
    if ours is None:
        return []
    peer = best(results, f"chain.{synchronous}.peer.", "hops_s")
    ratio = None if peer is None else ours["hops_s"] / peer[1]
    measure = f"11-hop chain, 64 in flight, {synchronous}, run-ahead {ahead}"
    limit = 0.05 if ahead == "off" else 0.02
    step = HOP_BY_HOP if ahead == "off" else IN_MEMORY
    return [
        Row(
            measure=measure, ours=f"{ours['hops_s']:,.0f} hops/s", beside=_beside(peer, "{:,.0f}"), ratio=_times(ratio), bar=f">= {bar:g}x",
            met=None if ratio is None else ratio >= bar, next_step=step,
        ),
        Row(
            measure=f"commits per hop, {synchronous}, run-ahead {ahead}", ours=f"{ours['commits_per_hop']:.4f}", beside="", ratio="", bar=f"<= {limit}",
            met=ours["commits_per_hop"] <= limit, next_step="Messages of one queue come in waves of its 16 places; more places, or waves of two queues in one commit, would share more.",
        ),
    ]


def _idle(results: Results, synchronous: str, bar: float) -> list[Row]:
    ours = results.get(f"idle.{synchronous}.on")
    if ours is None:
        return []
    peer = best(results, f"idle.{synchronous}.peer.", "p50_ms", least=True)
    ratio = None if peer is None else ours["p50_ms"] / peer[1]
    return [
        Row(
            measure=f"idle chain p50 from enqueue, {synchronous}, run-ahead on", ours=f"{ours['p50_ms']:.2f} ms", beside=_beside(peer, "{:.2f} ms"),
            ratio=_times(ratio), bar=f"<= {bar:g}x", met=None if ratio is None else ratio <= bar,
            next_step="Three commits, each a hop to the writer's thread and back: what is left is their round trip, not the agents.",
        ),
        Row(
            measure=f"commits of an idle chain, {synchronous}", ours=f"{ours['commits']:.1f}", beside="", ratio="", bar="<= 3", met=ours["commits"] <= 3,
        ),
    ]


def _worker(results: Results, synchronous: str) -> list[Row]:
    ours = results.get(f"idle.{synchronous}.on")
    found = []
    for name, result in results.items():
        prefix = f"worker.{synchronous}.peer."
        if ours is not None and name.startswith(prefix):
            ratio = result["p50_ms"] / ours["p50_ms"]
            tuned = name.endswith("tuned")
            found.append(
                Row(
                    measure=f"the same, {name.removeprefix(prefix)} with its own worker, {synchronous}", ours=f"{ours['p50_ms']:.2f} ms",
                    beside=f"{result['p50_ms']:,.1f} ms", ratio=f"{ratio:,.0f}x faster", bar="reported" if tuned else ">= 20x faster",
                    met=None if tuned else ratio >= 20,
                )
            )
    return found


def _claim(results: Results) -> list[Row]:
    empty = results.get("claim.empty")
    found = []
    for name, result in results.items():
        if empty is not None and name.startswith("claim.") and name != "claim.empty":
            ratio = result["claim_ms"] / empty["claim_ms"]
            found.append(
                Row(
                    measure=f"claim with {name.removeprefix('claim.')}", ours=f"{result['claim_ms'] * 1000:.0f} µs in the writer",
                    beside=f"empty queue: {empty['claim_ms'] * 1000:.0f} µs", ratio=_times(ratio), bar="<= 2x", met=ratio <= 2,
                    next_step="The plan uses the index; what grows is the depth of the trees and the cold pages.",
                )
            )
    return found


def _sweep(results: Results) -> list[Row]:
    return [
        Row(
            measure=f"tick of the sweep, {name.removeprefix('sweep.')}", ours=f"p95 {result['p95_ms']:.1f} ms, p50 {result['p50_ms']:.1f} ms", beside="",
            ratio="", bar="p95 <= 15 ms", met=result["p95_ms"] <= 15, next_step=CHECKPOINT,
        )
        for name, result in results.items()
        if name.startswith("sweep.")
    ]


def _calls(results: Results, synchronous: str) -> list[Row]:
    found = []
    single = results.get(f"put.{synchronous}.x1")
    for function, label in (("put", "enqueue"), ("take", "claim and acknowledge")):
        for callers in ("x1", "x64", "batch"):
            ours = results.get(f"{function}.{synchronous}.{callers}")
            if ours is None:
                continue
            peer = None if callers == "batch" else best(results, f"{function}.{synchronous}.peer.", "per_s")
            ratio = None if peer is None else ours["per_s"] / peer[1]
            many = function == "put" and callers == "batch" and single is not None
            against = ours["per_s"] / single["per_s"] if many and single is not None else None
            found.append(
                Row(
                    measure=f"{label}, {_CALLERS[callers]}, {synchronous}", ours=f"{ours['per_s']:,.0f}/s", beside=_beside(peer, "{:,.0f}/s"),
                    ratio=_times(ratio) if against is None else f"{against:.1f}x one by one", bar="reported" if against is None else ">= 5x one by one",
                    met=None if against is None else against >= 5, next_step="A row costs five indexes; the batch only saves the round trips.",
                )
            )
    return found


_CALLERS = {"x1": "one caller", "x64": "64 callers", "batch": "one caller, batches of 100"}


def _documents(results: Results) -> list[Row]:
    ours, nfelib = results.get("documents.product"), results.get("documents.nfelib")
    if ours is None or nfelib is None:
        return []
    found = []
    for key, label in (("from_xml", "`NfeProc.from_xml`"), ("shared", "nfelib's parser with one shared context")):
        ratio = nfelib[f"{key}_ms"] / ours["ms_each"]
        found.append(
            Row(
                measure=f"whole documents while {label} parses one", ours=f"{ours['ms_each']:.2f} ms each", beside=f"{nfelib[f'{key}_ms']:.2f} ms to parse",
                ratio=f"{ratio:.1f} documents", bar=">= 3 (aim 8)" if key == "from_xml" else "reported", met=ratio >= 3 if key == "from_xml" else None,
                next_step=PIPELINE,
            )
        )
    return found


def _beside(peer: tuple[str, float] | None, form: str) -> str:
    return "" if peer is None else f"{peer[0]}: {form.format(peer[1])}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2g}x" if ratio < 10 else f"{ratio:.0f}x"
