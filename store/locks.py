"""Named locks with owners, expiry and fences.

The fence rises with every acquisition and never goes back, and a guarded write shows owner and fence, so that a stale holder changes
nothing. A released row stays for a week before the sweep takes it, and its fence with the floor. A lock whose time is up may be taken
over; only its owner releases or renews it. Times are wall-clock milliseconds. One atomic upsert, no get-then-put.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from store import driver
from store.transaction import Transaction

#: A released lock keeps its row this long.
RELEASED_MS = 7 * 24 * 3600 * 1000


class Lock(NamedTuple):
    """A held lock."""

    name: str
    owner: str
    fence: int
    exp: int
    acquired: int


def acquire(tx: Transaction, now: int, name: str, owner: str, ttl_ms: int) -> int | None:
    """The new fence, or `None` while someone else holds the lock. An owner that holds it already holds it on, with a new fence."""
    row = tx.execute(
        "INSERT INTO lock(name,owner,fence,exp,acquired) VALUES(?,?,1+(SELECT n FROM floor WHERE name='lock'),?,?) "
        "ON CONFLICT(name) DO UPDATE SET owner=excluded.owner, fence=fence+1, exp=excluded.exp, acquired=excluded.acquired "
        "WHERE lock.owner IS NULL OR lock.exp<=? OR lock.owner=excluded.owner RETURNING fence",
        (name, owner, now + ttl_ms, now, now),
    ).fetchall()
    tx.touch("locks")
    if not row:
        tx.count("lock_contended")
        return None
    fence: int = row[0][0]
    return fence


def holds(connection: Transaction | driver.Connection, now: int, name: str, owner: str, fence: int) -> bool:
    """Whether a write under this fence may go on."""
    return (
        connection.execute("SELECT 1 FROM lock WHERE name=? AND owner=? AND fence=? AND exp>?", (name, owner, fence, now)).fetchone()
        is not None
    )


def renew(tx: Transaction, now: int, name: str, owner: str, ttl_ms: int) -> bool:
    """Hold on for `ttl_ms` from now. False if the lock is not, or no longer, the owner's."""
    return tx.execute("UPDATE lock SET exp=? WHERE name=? AND owner=? AND exp>?", (now + ttl_ms, name, owner, now)).rowcount > 0


#: From the holders, each once, to their messages by one seek a queue: what waits in the queues is not gone through.
RENEW_LIVE = (
    "UPDATE lock SET exp=? WHERE owner IN ("
    "WITH RECURSIVE holder(name) AS (SELECT min(owner) FROM lock WHERE owner IS NOT NULL "
    "UNION ALL SELECT (SELECT min(owner) FROM lock WHERE owner>holder.name) FROM holder WHERE holder.name IS NOT NULL) "
    "SELECT name FROM holder WHERE name IS NOT NULL AND EXISTS("
    "SELECT 1 FROM queue CROSS JOIN msg WHERE queue.dlq IS NOT NULL AND msg.trace=holder.name AND msg.queue=queue.id))"
)


def renew_live(tx: Transaction, now: int, ttl_ms: int) -> int:
    """Renew in one statement the locks of every trace that still has a message outside the dead letters. Returns how many."""
    return tx.execute(RENEW_LIVE, (now + ttl_ms,)).rowcount


def release(tx: Transaction, now: int, name: str, owner: str) -> bool:
    """Let go. False if the lock is not the owner's."""
    tx.touch("locks")
    tx.expires(now + RELEASED_MS)
    return tx.execute("UPDATE lock SET owner=NULL, exp=? WHERE name=? AND owner=?", (now, name, owner)).rowcount > 0


def break_open(tx: Transaction, now: int, names: Iterable[str]) -> int:
    """Release locks whoever holds them (an operator's decision). Returns how many were held."""
    tx.touch("locks")
    tx.expires(now + RELEASED_MS)
    return sum(
        tx.execute("UPDATE lock SET owner=NULL, exp=? WHERE name=? AND owner IS NOT NULL", (now, name)).rowcount for name in names
    )


def held(connection: Transaction | driver.Connection, now: int) -> list[Lock]:
    """All locks that are held now, oldest first."""
    rows = connection.execute("SELECT name, owner, fence, exp, acquired FROM lock WHERE owner IS NOT NULL AND exp>? ORDER BY acquired, name", (now,)).fetchall()
    return [Lock._make(row) for row in rows]
