"""What is measured once a minute and kept with the telemetry, for a look back: depths, counts, sizes, the loop's lag."""

from __future__ import annotations

from pathlib import Path

from engine.runtime.pulse import Pulse
from store.footprint import footprint
from store.queues import State
from store.store import Store

#: Counters that are kept under their own names.
COUNTED = ("pipeline.finalized", "retried", "dead_lettered", "skipped", "cached", "expired", "documents")
STATES = {State.READY: "queue.ready", State.DELAYED: "queue.delayed", State.LEASED: "queue.leased"}


def values(store: Store, directory: Path, pulse: Pulse) -> list[tuple[str, float]]:
    """The values of this moment: sizes in bytes, lag in milliseconds, everything else counts. Dead letters count as ready."""
    counters = store.counters
    depths = dict.fromkeys(STATES.values(), 0)
    for name, count in counters.items():
        if name.startswith("queue:"):
            depths[STATES[State(int(name.rpartition(":")[2]))]] += count
    size, lag = footprint(directory), pulse.lag
    return [
        *((name, counters[name]) for name in COUNTED), *depths.items(), ("commits", store.writer.commits), ("database.bytes", size.database),
        ("wal.bytes", size.wal), ("loop.lag.p95", lag.p95),
    ]  # fmt: skip
