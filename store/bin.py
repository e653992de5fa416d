"""The bin: where dropped messages stay for 30 days, so that a drop can be undone. An ordinary queue row that nobody dispatches."""

from __future__ import annotations

from collections.abc import Sequence

from store.queues import State, counter
from store.transaction import Transaction

NAME = "bin"
KEPT_MS = 30 * 24 * 3600 * 1000


def discard(tx: Transaction, now: int, messages: Sequence[int]) -> int:
    """Move messages to the bin, whatever their state; a holder's late result is discarded. Returns how many."""
    target = _bin(tx)
    moved = 0
    for message in messages:
        row = tx.row("SELECT queue, state FROM msg WHERE id=? AND queue<>?", (message, target))
        if row is None:
            continue
        tx.execute("UPDATE msg SET queue=?, binned=?, state=0, due=?, lease=0 WHERE id=?", (target, row[0], now, message))
        tx.count(counter(row[0], State(row[1])), -1)
        tx.count(counter(target, State.READY))
        moved += 1
    if moved:
        tx.touch("queues", "dead_letters")
    return moved


def take_back(tx: Transaction, messages: Sequence[int]) -> int:
    """Put messages back where they were dropped from. Returns how many."""
    target = _bin(tx)
    back = 0
    for message in messages:
        row = tx.row("SELECT binned FROM msg WHERE id=? AND queue=?", (message, target))
        if row is None:
            continue
        tx.execute("UPDATE msg SET queue=?, binned=NULL, due=0 WHERE id=?", (row[0], message))
        tx.count(counter(target, State.READY), -1)
        tx.count(counter(row[0], State.READY))
        back += 1
    if back:
        tx.touch("queues", "dead_letters")
    return back


def empty(tx: Transaction, now: int, limit: int) -> int:
    """Delete what has lain in the bin for 30 days. Returns how many."""
    target = _bin(tx)
    gone = tx.execute(
        "DELETE FROM msg WHERE id IN (SELECT id FROM msg WHERE queue=? AND state=0 AND due<=? ORDER BY prio, id LIMIT ?)", (target, now - KEPT_MS, limit)
    ).rowcount
    if gone:
        tx.count(counter(target, State.READY), -gone)
    return gone


def _bin(tx: Transaction) -> int:
    row = tx.row("SELECT id FROM queue WHERE name=?", (NAME,))
    if row is None:
        tx.execute("INSERT INTO queue(name, concurrency) VALUES(?, 0)", (NAME,))
        row = tx.row("SELECT id FROM queue WHERE name=?", (NAME,))
    found: int = row[0]
    return found
