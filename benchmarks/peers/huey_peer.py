"""huey with its own consumer: eleven tasks, each enqueues the next. Tuned: it looks for work every millisecond instead of every 100."""

from __future__ import annotations

import importlib
import logging
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.payloads import HOPS, changed, decode, encode, payload


def idle(directory: Path, synchronous: str, tuned: bool, repeats: int, seconds: float) -> dict[str, Any]:
    """Milliseconds from enqueue to the end of the last hop, for a document that has the worker to itself."""
    library: Any = importlib.import_module("huey")
    # SQLite's own default is FULL; the library writes no other value than FULL and OFF.
    fsync = True if synchronous == "FULL" else None
    app = library.SqliteHuey("bench", filename=str(directory / "huey.db"), fsync=fsync, results=False, utc=True)
    logging.getLogger("huey").setLevel(logging.ERROR)
    if synchronous == "NORMAL":
        app.storage.conn.execute("PRAGMA synchronous=NORMAL")
    steps = Steps(directory / "steps.db")
    ended = threading.Event()

    def work(body: bytes) -> None:
        after = changed(decode(body))
        steps.note(after["docId"], after["hop"])
        if after["hop"] < HOPS:
            task(encode(after))
        else:
            steps.keep(after["docId"], encode(after))
            ended.set()

    task = app.task(name="work")(work)
    consumer = app.create_consumer(workers=1, periodic=False, **({"initial_delay": 0.001, "backoff": 1.0, "max_delay": 0.001} if tuned else {}))
    consumer.start()
    times: list[float] = []
    try:
        began_all = time.perf_counter()
        for number in range(repeats + 1):
            ended.clear()
            began = time.perf_counter()
            task(encode(payload(number)))
            if not ended.wait(30):
                raise TimeoutError("huey did not finish a chain within 30 s")
            times.append((time.perf_counter() - began) * 1000)
            if time.perf_counter() - began_all > seconds and len(times) > 3:
                break
    finally:
        consumer.stop(graceful=True)
    return {"p50_ms": statistics.median(times[1:]), "repeats": len(times) - 1}


class Steps:
    """The timeline and the artefact beside a library that has no place for them: in memory, to its advantage."""

    def __init__(self, path: Path) -> None:
        self._rows: list[tuple[str, int]] = []
        self._artefacts: dict[str, bytes] = {}

    def note(self, doc: str, hop: int) -> None:
        """A timeline row."""
        self._rows.append((doc, hop))

    def keep(self, doc: str, body: bytes) -> None:
        """The artefact."""
        self._artefacts[doc] = body
