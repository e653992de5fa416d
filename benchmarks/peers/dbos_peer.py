"""DBOS with its own queue worker: a workflow of eleven durable steps. Tuned: its queue is polled every 10 ms instead of every second."""

from __future__ import annotations

import importlib
import logging
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.payloads import HOPS, IN_FLIGHT, changed, payload

Payload = dict[str, Any]


class Application:
    """A launched DBOS application. `synchronous` is set on every connection, as SQLAlchemy opens it."""

    def __init__(self, directory: Path, synchronous: str, tuned: bool) -> None:
        library: Any = importlib.import_module("dbos")
        sqlalchemy: Any = importlib.import_module("sqlalchemy")
        logging.disable(logging.WARNING)
        database = f"sqlite:///{directory / 'dbos.db'}"

        def pragmas(connection: Any, record: Any) -> None:
            if tuned:
                connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous}")

        sqlalchemy.event.listen(sqlalchemy.pool.Pool, "connect", pragmas)
        config = {"name": "bench", "system_database_url": database, "run_admin_server": False, "log_level": "ERROR"}
        self._library = library
        library.DBOS(config=config)

        @library.DBOS.step()  # type: ignore[untyped-decorator]
        def step(before: Payload) -> Payload:
            return changed(before)

        @library.DBOS.workflow()  # type: ignore[untyped-decorator]
        def workflow(before: Payload) -> Payload:
            for _ in range(HOPS):
                before = step(before)
            return before

        self._workflow = workflow
        library.DBOS.launch()
        self._queue = library.DBOS.register_queue("bench", worker_concurrency=IN_FLIGHT, **({"polling_interval_sec": 0.01} if tuned else {}))

    def enqueue(self, number: int) -> Any:
        """A handle that waits for the end of the document."""
        return self._queue.enqueue(self._workflow, payload(number))

    def close(self) -> None:
        """Stop its threads."""
        self._library.DBOS.destroy()


def idle(directory: Path, synchronous: str, tuned: bool, repeats: int, seconds: float) -> dict[str, Any]:
    """Milliseconds from enqueue to the workflow's end, for a document that has the worker to itself."""
    application = Application(directory, synchronous, tuned)
    times: list[float] = []
    began_all = time.perf_counter()
    for number in range(repeats + 1):
        began = time.perf_counter()
        application.enqueue(number).get_result(polling_interval_sec=0.001)
        times.append((time.perf_counter() - began) * 1000)
        if time.perf_counter() - began_all > seconds and len(times) > 2:
            break
    return _ended(application, {"p50_ms": statistics.median(times[1:]), "repeats": len(times) - 1})


def busy(directory: Path, synchronous: str, tuned: bool, seconds: float) -> dict[str, Any]:
    """Hops a second with 64 workflows in flight, from enqueue on; bounded by `seconds` and by 64 documents a round."""
    application = Application(directory, synchronous, tuned)
    finished = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        handles = [application.enqueue(finished + place) for place in range(IN_FLIGHT)]
        for handle in handles:
            handle.get_result(polling_interval_sec=0.01)
        finished += len(handles)
    return _ended(application, {"hops_s": finished * HOPS / (time.perf_counter() - began)})


def _ended(application: Application, result: dict[str, Any]) -> dict[str, Any]:
    """Stop, but do not wait for threads that sleep through their polling interval."""
    closing = threading.Thread(target=application.close, daemon=True)
    closing.start()
    closing.join(5)
    result["closed"] = not closing.is_alive()
    return result
