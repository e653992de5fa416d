"""`GET /metrics`: what Prometheus asks for, in its text format, from counters that are kept anyway and one look at the queues."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from engine.facade.engine import Engine
from engine.runtime.pulse import Pulse
from engine.telemetry.timings import BOUNDS_S, Histogram, Timings
from store.footprint import footprint
from store.store import Store

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
#: Counter of the store -> name and meaning on the wire.
COUNTED = {
    "pipeline.finalized": ("pipeline_finalized_total", "Documents that reached their report."),
    "skipped": ("skipped_total", "Documents passed over because another trace held their lock."),
    "cached": ("cached_total", "Redeliveries answered from what was parsed already."),
    "deduped": ("deduped_total", "Redeliveries of steps that were done."),
    "retried": ("retried_total", "Hops that failed and were tried again."),
    "dead_lettered": ("dead_lettered_total", "Messages given up."),
    "expired": ("expired_keys_total", "Keys removed by the sweep."),
}


class Sample(NamedTuple):
    """A value with its labels."""

    value: float
    labels: dict[str, str] = {}


class Metrics:
    """Renders the owner's metrics."""

    def __init__(self, directory: Path, store: Store, engine: Engine, pulse: Pulse, timings: Timings) -> None:
        self._directory = directory
        self._store = store
        self._engine = engine
        self._pulse = pulse
        self._timings = timings

    async def answer(self, request: Request) -> Response:
        """All metrics."""
        queues, locks = await asyncio.gather(self._engine.queues.everyone(), self._engine.state.locks())
        lag = self._pulse.lag
        lines: list[str] = []
        counters = self._store.counters
        for name, (metric, meaning) in COUNTED.items():
            lines += written(metric, "counter", meaning, [Sample(counters.get(name, 0))])
        for name, meaning in (
            ("ready", "Messages that wait."),
            ("leased", "Messages at work."),
            ("delayed", "Messages that wait for their time."),
            ("dead", "Dead letters."),
        ):
            lines += written(f"queue_{name}", "gauge", meaning, [Sample(getattr(one, name), {"queue": one.name}) for one in queues])
        lines += written(
            "queue_depth", "gauge", "Messages that are not done and not dead.",
            [Sample(one.ready + one.leased + one.delayed, {"queue": one.name}) for one in queues],
        )  # fmt: skip
        lines += written(
            "queue_oldest_age_seconds", "gauge", "Age of the oldest message that waits.",
            [Sample((one.oldest_age or 0) / 1000, {"queue": one.name}) for one in queues],
        )  # fmt: skip
        lines += written("queue_paused", "gauge", "1 while a queue is paused.", [Sample(one.paused, {"queue": one.name}) for one in queues])
        lines += written("locks_held", "gauge", "Locks that somebody holds.", [Sample(sum(lock.alive for lock in locks))])
        documents = [Sample(count, {"state": name.removeprefix("state:")}) for name, count in sorted(counters.items()) if name.startswith("state:")]
        lines += written("documents", "gauge", "Documents by state.", documents)
        size = footprint(self._directory)
        lines += written("database_bytes", "gauge", "Bytes of the database file.", [Sample(size.database)])
        lines += written("wal_bytes", "gauge", "Bytes of the write-ahead log.", [Sample(size.wal)])
        lines += written("loop_lag_seconds", "gauge", "Lag of the event loop since the start.", [
            Sample(lag.p50 / 1000, {"quantile": "0.5"}), Sample(lag.p95 / 1000, {"quantile": "0.95"}), Sample(lag.worst / 1000, {"quantile": "1"}),
        ])  # fmt: skip
        lines += _histogram("agent_seconds", "Time of an agent's hop since the start.", {"agent": self._timings.agents})
        lines += _histogram("commit_seconds", "Time of a transaction, from BEGIN to COMMIT, since the start.", {"": {"": self._timings.commits}})
        return Response("".join(f"{line}\n" for line in lines), media_type=MEDIA)


def written(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Lines of a metric; `name` without the prefix that all share."""
    full = f"nexus_{name}"
    yield f"# HELP {full} {meaning}"
    yield f"# TYPE {full} {kind}"
    for sample in samples:
        labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in sample.labels.items())
        yield f"{full}{{{labels}}} {_number(sample.value)}" if labels else f"{full} {_number(sample.value)}"


def _histogram(name: str, meaning: str, histograms: Mapping[str, Mapping[str, Histogram]]) -> Iterator[str]:
    """A histogram for each value of a label; the label `""` is none."""
    full = f"nexus_{name}"
    yield f"# HELP {full} {meaning}"
    yield f"# TYPE {full} histogram"
    for label, by_value in histograms.items():
        for value, histogram in sorted(by_value.items()):
            own = f'{label}="{_escaped(value)}"' if label else ""
            seen = 0
            for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), histogram.counts, strict=True):
                seen += count
                yield f'{full}_bucket{{{own}{"," if own else ""}le="{bound}"}} {seen}'
            labels = f"{{{own}}}" if own else ""
            yield f"{full}_sum{labels} {histogram.total:.6f}"
            yield f"{full}_count{labels} {seen}"


def _number(value: float) -> str:
    """Counts to their last digit: a counter that is rounded stands still, and then leaps."""
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
