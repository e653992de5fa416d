"""Housekeeping in bounded bites: each call is one short turn of the writer and says whether work is left.

A bite stops after the statement that passes `MOST_SECONDS`; statements take `BATCH` rows. An idle tick compares the next expiry in memory
(`Store.next_expiry`) and touches no database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from store import queues
from store.transaction import Transaction

BATCH = 100
MOST_ROWS = 500
MOST_SECONDS = 0.010
#: A released lock keeps its fence this long.
RELEASED_LOCK_MS = 7 * 24 * 3600 * 1000
#: The result of a command is remembered this long for a caller that repeats it.
COMMAND_MS = 24 * 3600 * 1000


class Swept(NamedTuple):
    """What one bite did."""

    expired: int
    more: bool


def sweep(tx: Transaction, wall: int, monotonic: Callable[[], float]) -> Swept:
    """Delete expired keys, deduplication marks, released locks and old command results."""
    deadline = monotonic() + MOST_SECONDS
    expired = 0
    bounds = (("kv", "exp", wall), ("dedup", "exp", wall), ("command", "at", wall - COMMAND_MS))
    for table, column, bound in bounds:
        identity = {"kv": "id", "dedup": "(queue,key)", "command": "id"}[table]
        columns = identity.strip("()")
        while expired < MOST_ROWS:
            gone = tx.execute(
                f"DELETE FROM {table} WHERE {identity} IN (SELECT {columns} FROM {table} WHERE {column}<=? LIMIT ?)", (bound, BATCH)
            ).rowcount
            expired += gone
            if table == "kv" and gone:
                tx.count("expired", gone)
                tx.touch("kv")
            if monotonic() > deadline:
                return Swept(expired, True)
            if gone < BATCH:
                break
    tx.execute(
        "DELETE FROM lock WHERE name IN (SELECT name FROM lock WHERE owner IS NULL AND exp<=? LIMIT ?)", (wall - RELEASED_LOCK_MS, BATCH)
    )
    return Swept(expired, expired >= MOST_ROWS)


def vacuum(tx: Transaction, pages: int = 256) -> None:
    """Give free pages back to the file system. The rows must be fetched, or one page is freed."""
    tx.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()


def retain(tx: Transaction, now: int) -> int:
    """Move messages older than their queue keeps them to the dead letters."""
    return queues.expire(tx, now, BATCH)


REFERENCES = (
    "SELECT 1 FROM document WHERE sha=?",
    "SELECT 1 FROM document WHERE header_sha=?",
    "SELECT 1 FROM half WHERE sha=?",
    "SELECT 1 FROM kv WHERE sha=?",
    "SELECT 1 FROM msg WHERE sha=?",
    "SELECT 1 FROM report WHERE sha=? AND val IS NULL",
)


def is_referenced(tx: Transaction, sha: bytes) -> bool:
    """Whether any row names the blob."""
    return any(tx.row(f"{statement} LIMIT 1", (sha,)) is not None for statement in REFERENCES)
