"""persist-queue: its acknowledging SQLite queue. Tuned: the timeline row rides on put's commit, and acknowledged rows are cleared."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path
from typing import Any

from benchmarks.payloads import HOPS, changed, decode, encode
from benchmarks.peers import running

#: Acknowledged messages stay in the table, and every get scans them, until somebody clears them.
CLEAR_AFTER = 200


class PersistQueue:
    """The queue object, which all threads share as its documentation says."""

    def __init__(self, directory: Path, synchronous: str, tuned: bool) -> None:
        library: Any = importlib.import_module("persistqueue")
        self._empty: type[Exception] = importlib.import_module("persistqueue.exceptions").Empty
        self._queue = library.SQLiteAckQueue(str(directory / "persist"), multithreading=True, timeout=60)
        for connection in (self._queue._getter, self._queue._putter):
            connection.execute(f"PRAGMA synchronous={synchronous}")
        with self._queue._putter as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS step(doc TEXT, hop INTEGER)")
            connection.execute("CREATE TABLE IF NOT EXISTS artefact(doc TEXT PRIMARY KEY, body BLOB)")
        self._tuned = tuned
        self._done = 0
        self._clearing = threading.Lock()

    def put(self, body: bytes) -> None:
        self._queue.put(body)

    def take(self) -> bool:
        raw = self._next()
        if raw is None:
            return False
        self._queue.ack(id=raw["pqid"])
        self._clear()
        return True

    def hop(self) -> int | None:
        raw = self._next()
        if raw is None:
            return None
        after = changed(decode(raw["data"]))
        body = encode(after)
        self._note("INSERT INTO step VALUES(?,?)", (after["docId"], after["hop"]))
        if after["hop"] < HOPS:
            self._queue.put(body)
        else:
            self._note("INSERT OR REPLACE INTO artefact VALUES(?,?)", (after["docId"], body))
        self._queue.ack(id=raw["pqid"])
        self._clear()
        hop: int = after["hop"]
        return hop

    def _next(self) -> dict[str, Any] | None:
        try:
            raw: dict[str, Any] = self._queue.get(block=False, raw=True)
        except self._empty:
            return None
        return raw

    def _note(self, statement: str, parameters: tuple[Any, ...]) -> None:
        """A row beside the queue: in a commit of its own, or (tuned) left to the next commit of the same connection."""
        with self._queue.tran_lock:
            self._queue._putter.execute(statement, parameters)
            if not self._tuned:
                self._queue._putter.commit()

    def _clear(self) -> None:
        self._done += 1
        if self._tuned and self._done % CLEAR_AFTER == 0:
            with self._clearing:
                self._queue.clear_acked_data(keep_latest=0)


def busy(directory: Path, synchronous: str, tuned: bool, callers: int, seconds: float) -> dict[str, Any]:
    """The chain with 64 documents in flight."""
    queue = PersistQueue(directory, synchronous, tuned)
    return running.busy(lambda: queue, callers, seconds, HOPS)


def idle(directory: Path, synchronous: str, tuned: bool, repeats: int) -> dict[str, Any]:
    """One document alone."""
    queue = PersistQueue(directory, synchronous, tuned)
    return running.idle(lambda: queue, repeats, HOPS)


def put(directory: Path, synchronous: str, tuned: bool, callers: int, seconds: float) -> dict[str, Any]:
    """Enqueueing."""
    queue = PersistQueue(directory, synchronous, tuned)
    return running.put(lambda: queue, callers, seconds)


def take(directory: Path, synchronous: str, tuned: bool, callers: int, seconds: float) -> dict[str, Any]:
    """Taking and acknowledging."""
    queue = PersistQueue(directory, synchronous, tuned)
    return running.take(lambda: queue, callers, seconds, 2000)
