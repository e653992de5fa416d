"""Housekeeping in bounded bites: each call is one short turn of the writer and says whether work is left.

A bite stops after the statement that passes `MOST_SECONDS`; statements take `BATCH` rows. `Store.sweep` is how they are called: its idle
tick compares the next expiry in memory and touches no database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from store import driver, locks
from store.records import decisions
from store.transaction import Transaction

BATCH = 100
MOST_ROWS = 500
MOST_SECONDS = 0.010
#: The result of a command is remembered this long for a caller that repeats it.
COMMAND_MS = 24 * 3600 * 1000


class Swept(NamedTuple):
    """What one bite did."""

    expired: int
    more: bool


#: What expires: the statement that deletes a batch up to a bound and returns what the floor must not fall below, how long a row outlives
#: the time it carries, and the name of its floor.
EXPIRING = (
    ("DELETE FROM kv WHERE id IN (SELECT id FROM kv WHERE exp<=? LIMIT ?) RETURNING ver", 0, "kv"),
    ("DELETE FROM lock WHERE name IN (SELECT name FROM lock WHERE owner IS NULL AND exp<=? LIMIT ?) RETURNING fence", locks.RELEASED_MS, "lock"),
    ("DELETE FROM dedup WHERE (queue,key) IN (SELECT queue,key FROM dedup WHERE exp<=? LIMIT ?) RETURNING 0", 0, ""),
    ("DELETE FROM command WHERE id IN (SELECT id FROM command WHERE at<=? LIMIT ?) RETURNING 0", COMMAND_MS, ""),
    ("DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE at<=? LIMIT ?) RETURNING 0", decisions.KEPT_MS, ""),
)
NEXT = (
    ("SELECT min(exp) FROM kv WHERE exp IS NOT NULL", 0),
    ("SELECT min(exp) FROM lock WHERE owner IS NULL", locks.RELEASED_MS),
    ("SELECT min(exp) FROM dedup", 0),
    ("SELECT min(at) FROM command", COMMAND_MS),
    ("SELECT min(at) FROM decision", decisions.KEPT_MS),
)


def sweep(tx: Transaction, wall: int, monotonic: Callable[[], float]) -> Swept:
    """Delete expired keys, released locks, deduplication marks, old command results and decisions: at most `MOST_ROWS`, and for `MOST_SECONDS`."""
    deadline = monotonic() + MOST_SECONDS
    expired = 0
    for statement, kept, floor in EXPIRING:
        while True:
            gone = [row[0] for row in tx.rows(statement, (wall - kept, BATCH))]
            expired += len(gone)
            if gone and floor:
                tx.raise_floor(floor, max(gone))
            if gone and floor == "kv":
                tx.count("expired", len(gone))
                tx.touch("kv")
            if expired >= MOST_ROWS or monotonic() > deadline:
                return Swept(expired, True)
            if len(gone) < BATCH:
                break
    return Swept(expired, False)


def next_expiry(connection: Transaction | driver.Connection) -> int | None:
    """When a sweep will next find something to delete (wall clock); `None` if nothing is there to expire."""
    moments = [(connection.execute(statement).fetchone()[0], kept) for statement, kept in NEXT]
    return min((moment + kept for moment, kept in moments if moment is not None), default=None)


def vacuum(tx: Transaction | driver.Connection, pages: int = 256) -> bool:
    """Give free pages back to the file system. True if there are more."""
    free: int = tx.execute("PRAGMA freelist_count").fetchone()[0]
    # One page a statement: asked for more, the standard library's driver stops after the first, because the rows have no columns.
    for _ in range(min(pages, free)):
        tx.execute("PRAGMA incremental_vacuum(1)").fetchall()
    return free > pages


#: Where rows name blobs: table, column, and a condition on the row.
REFERENCING = (
    ("document", "sha", ""),
    ("document", "header_sha", ""),
    ("half", "sha", ""),
    ("kv", "sha", ""),
    ("msg", "sha", ""),
    ("report", "sha", " AND val IS NULL"),
)
REFERENCES = tuple(f"SELECT 1 FROM {table} WHERE {column}=?{condition}" for table, column, condition in REFERENCING)


def is_referenced(connection: Transaction | driver.Connection, sha: bytes) -> bool:
    """Whether any row names the blob."""
    return any(connection.execute(f"{statement} LIMIT 1", (sha,)).fetchone() is not None for statement in REFERENCES)
