"""A mass backfill beside an engine at work: how late its loop is, and how long a person waits for one document meanwhile.

`python -m benchmarks.backfill [COUNT]`: real processes over a fresh data directory. COUNT documents (variants of real notes) are taken in by
`nexus backfill` while the parse queue is paused, so that all of them wait; then they are let go, and until they are through `nexus process` and
`nexus add` are called again and again. The exit code says whether the bars were met.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks import notes, operations, page

#: What the 95th percentile of the loop's lag must stay below, in milliseconds (told is the bound of its bucket), and what the longest command of a person,
#: in seconds: from its start to its end, so with the start of Python and its imports, of which `process_idle_s` tells.
BARS = {"lag_ms": 16, "wait_s": 2}
PATIENCE_S = 60


def nexus(directory: Path, *arguments: str | Path) -> list[str]:
    """A command line on the data directory."""
    return [sys.executable, "-m", "nexus_tui", *map(str, arguments), "--data-dir", str(directory), "--json"]


def call(directory: Path, *arguments: str | Path) -> list[Any]:
    """Run it; the objects it printed."""
    ended = subprocess.run(nexus(directory, *arguments), check=True, capture_output=True)
    return [json.loads(line) for line in ended.stdout.splitlines()]


@contextmanager
def engine(directory: Path) -> Iterator[None]:
    """`nexus run`, from its first word to its end."""
    process = subprocess.Popen(nexus(directory, "run"), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def lag(directory: Path) -> dict[str, Any]:
    """What the engine says of its loop, since it started."""
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(directory / "nexus.sock")), timeout=PATIENCE_S) as client:
        [told] = client.get("http://nexus/healthz").json()["checks"]["loop:lag"]
    return dict(told)


def milliseconds(written: str) -> int:
    """A moment of the wire in milliseconds."""
    return round(datetime.fromisoformat(written).timestamp() * 1000)


def left(directory: Path) -> int:
    """Messages that wait or are at work."""
    return sum(queue["ready"] + queue["leased"] for queue in call(directory, "queues", "ls"))


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Run it; figures by name."""
    data = folder / "data"
    old = folder / "old"
    notes.write(old, count)
    # A file touched this moment would be taken again by the second call.
    moment = time.time() - PATIENCE_S
    single = notes.variants(count + 400)[count:]
    for path in old.iterdir():
        os.utime(path, (moment, moment))
    call(data, "init")
    with engine(data):
        (folder / "first.xml").write_bytes(single.pop()[1])
        before = time.monotonic()
        call(data, "process", folder / "first.xml")
        idle_s = time.monotonic() - before
        call(data, "queues", "pause", "parse")
        began = time.monotonic()
        backfill = subprocess.Popen(nexus(data, "backfill", old), stdout=subprocess.DEVNULL)
        while not (told := call(data, "backfill")) or told[0]["taken"] < count:
            time.sleep(0.5)
        taken_s = time.monotonic() - began
        while left(data) < count:
            time.sleep(0.2)
        call(data, "queues", "resume", "parse")
        began = time.monotonic()
        waits: dict[str, list[float]] = {"process": [], "add": []}
        waiting = []
        for number, (name, content) in enumerate(single):
            if backfill.poll() is not None:
                break
            path = folder / name
            path.write_bytes(content)
            verb = ("process", "add")[number % 2]
            before = time.monotonic()
            call(data, verb, path)
            waits[verb].append(time.monotonic() - before)
            waiting.append(left(data))
            time.sleep(0.3)
        assert backfill.wait(PATIENCE_S) == 0
        done_s = time.monotonic() - began
        observed = lag(data)
        # What the engine itself took: from the opening of the job to the document's end.
        engine_s = [
            (milliseconds(job["updatedAt"]) - milliseconds(job["createdAt"])) / 1000
            for job in call(data, "jobs", "ls")
            if job["source"] == "upload"
        ]
        again = time.monotonic()
        call(data, "backfill", old)
        again_s = time.monotonic() - again
    # Calls after the last waiting document are no evidence.
    during = sum(1 for one in waiting if one > 0)
    return {
        "documents": count, "taken_in_per_minute": round(count / taken_s * 60), "processed_per_minute": round(count / done_s * 60),
        "loop_lag_ms": {name: observed[name] for name in ("p50", "observedValue", "worst", "ticks")},
        "interactive_calls": during,
        "process_idle_s": round(idle_s, 2),
        "process_s": {"median": round(statistics.median(waits["process"]), 2), "worst": round(max(waits["process"]), 2)},
        "add_s": {"median": round(statistics.median(waits["add"]), 2), "worst": round(max(waits["add"]), 2)},
        "engine_s": {"median": round(statistics.median(engine_s), 2), "worst": round(max(engine_s), 2)},
        "passed_over_again_s": round(again_s, 2), "bars": BARS,
    }  # fmt: skip


def main() -> int:
    """Print the figures; 0 if the bars were met."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="nexus-backfill-") as folder:
        figures = measure(Path(folder), count)
    operations.keep("backfill", figures)
    page.write()
    slowest = max(figures[f"{verb}_s"]["worst"] for verb in ("process", "add"))
    return 0 if figures["loop_lag_ms"]["observedValue"] < BARS["lag_ms"] and slowest < BARS["wait_s"] else 1


if __name__ == "__main__":
    sys.exit(main())
