"""litequeue: a table and a status column. Tuned: an index for its own query, and put, done and timeline row in one transaction."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from benchmarks.payloads import HOPS, changed, decode, encode
from benchmarks.peers import running

#: Finished messages stay in the table until somebody prunes it.
PRUNE_AFTER = 1000


class LiteQueue:
    """One caller's connection."""

    def __init__(self, directory: Path, synchronous: str, tuned: bool) -> None:
        library: Any = importlib.import_module("litequeue")
        self._queue = library.LiteQueue(directory / "litequeue.db", timeout=60)
        self._connection = self._queue.conn
        self._connection.execute(f"PRAGMA synchronous={synchronous}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS step(doc TEXT, hop INTEGER, at INTEGER)")
        self._connection.execute("CREATE TABLE IF NOT EXISTS artefact(doc TEXT PRIMARY KEY, body BLOB)")
        if tuned:
            self._connection.execute(f"CREATE INDEX IF NOT EXISTS ready ON {self._queue.table}(status, message_id)")
        self._tuned = tuned
        self._done = 0

    def put(self, body: bytes) -> None:
        self._queue.put(body.decode())

    def take(self) -> bool:
        message = self._queue.pop()
        if message is None:
            return False
        self._queue.done(message.message_id)
        return True

    def hop(self) -> int | None:
        message = self._queue.pop()
        if message is None:
            return None
        after = changed(decode(message.data))
        if self._tuned:
            with self._queue.transaction(mode="IMMEDIATE"):
                self._settle(message, after)
        else:
            self._settle(message, after)
        self._done += 1
        if self._tuned and self._done % PRUNE_AFTER == 0:
            self._queue.prune()
        hop: int = after["hop"]
        return hop

    def _settle(self, message: Any, after: dict[str, Any]) -> None:
        body = encode(after)
        if after["hop"] < HOPS:
            self._queue.put(body.decode())
        else:
            self._connection.execute("INSERT OR REPLACE INTO artefact VALUES(?,?)", (after["docId"], body))
        self._connection.execute("INSERT INTO step VALUES(?,?,?)", (after["docId"], after["hop"], message.in_time))
        self._queue.done(message.message_id)


def busy(directory: Path, synchronous: str, tuned: bool, callers: int, seconds: float) -> dict[str, Any]:
    """The chain with 64 documents in flight."""
    return running.busy(lambda: LiteQueue(directory, synchronous, tuned), callers, seconds, HOPS)


def idle(directory: Path, synchronous: str, tuned: bool, repeats: int) -> dict[str, Any]:
    """One document alone."""
    return running.idle(lambda: LiteQueue(directory, synchronous, tuned), repeats, HOPS)


def put(directory: Path, synchronous: str, tuned: bool, callers: int, seconds: float) -> dict[str, Any]:
    """Enqueueing."""
    return running.put(lambda: LiteQueue(directory, synchronous, tuned), callers, seconds)


def take(directory: Path, synchronous: str, tuned: bool, callers: int, seconds: float) -> dict[str, Any]:
    """Taking and acknowledging."""
    return running.take(lambda: LiteQueue(directory, synchronous, tuned), callers, seconds, 4000)
