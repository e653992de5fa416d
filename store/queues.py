"""Queues with leases: at-least-once delivery, priority, delay, per-queue settings, and one dead-letter queue each.

A message is a row in exactly one state: ready, delayed, leased; in a dead-letter queue it is dead; done, it is gone. `deliveries` counts
claims and is committed with the claim; `attempts` counts failures of the handler. Times are milliseconds of the steady clock.

Nothing is deleted for age: what outlives its queue's retention moves to the dead letters (`store.retention`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from store import driver
from store.errors import LeaseLost, Refusal, UnknownQueue
from store.transaction import Transaction

DEAD_LETTERS = "dlq."

#: Longest a message may be delayed (Cloudflare's own limit).
MOST_DELAY_MS = 24 * 3600 * 1000
#: Timers are promoted in batches of this many.
PROMOTION_BATCH = 500


class State(IntEnum):
    """Where a message stands."""

    #: Waits to be claimed.
    READY = 0
    #: Becomes ready when it is due.
    DELAYED = 1
    #: Someone works on it until the lease ends.
    LEASED = 2


class Priority(IntEnum):
    """Lower is sooner; within a priority the older message goes first."""

    #: A person waits.
    HIGH = 0
    #: The usual.
    NORMAL = 5
    #: Backfill.
    LOW = 9


class Queue(NamedTuple):
    """A queue and its settings, as its row stands."""

    id: int
    name: str
    concurrency: int
    batch: int = 10
    max_attempts: int = 4
    lease_ms: int = 60_000
    backoff_ms: int = 1_000
    backoff_max_ms: int = 600_000
    retention_ms: int = 345_600_000
    dlq: int | None = None
    paused: int = 0


class Draft(NamedTuple):
    """A message to be sent by the span `parent`. Exactly one of `body` and `sha` (a blob that holds the body) is given."""

    queue: int
    body: bytes | None
    sha: bytes | None = None
    trace: str | None = None
    doc: str | None = None
    prio: int = Priority.NORMAL
    delay_ms: int = 0
    run: int = 0
    attempts: int = 0
    history: str | None = None
    parent: int | None = None


class Delivery(NamedTuple):
    """A message as its holder sees it; `lease` is the token that ack, retry and extend must show."""

    id: int
    queue: int
    lease: int
    prio: int
    deliveries: int
    attempts: int
    run: int
    created: int
    trace: str | None
    doc: str | None
    body: bytes | None
    sha: bytes | None
    history: str | None
    #: The span that sent it, and that of its last failed attempt.
    parent: int | None
    failed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a handler failed, as the dead letter will tell it; `span` is the attempt's."""

    error_class: str
    message: str
    fingerprint: str
    span: int | None = None


COLUMNS = "id, name, concurrency, batch, max_attempts, lease_ms, backoff_ms, backoff_max_ms, retention_ms, dlq, paused"


@cache
def counter(queue: int, state: State) -> str:
    """Name of the counter that mirrors COUNT(*) of a queue's messages in a state."""
    return f"queue:{queue}:{state.value}"


def ensure(tx: Transaction, name: str, concurrency: int, **settings: int) -> Queue:
    """The queue of that name, created with its dead-letter queue if it is not there yet; existing settings stay."""
    found = by_name(tx, name)
    if found is not None:
        return found
    tx.execute("INSERT INTO queue(name, concurrency) VALUES(?, 0)", (DEAD_LETTERS + name,))
    dead = tx.row("SELECT id FROM queue WHERE name=?", (DEAD_LETTERS + name,))[0]
    names = "".join(f", {setting}" for setting in settings)
    marks = ", ?" * len(settings)
    tx.execute(f"INSERT INTO queue(name, concurrency, dlq{names}) VALUES(?, ?, ?{marks})", (name, concurrency, dead, *settings.values()))
    tx.touch("queues")
    created = by_name(tx, name)
    assert created is not None
    return created


def by_name(tx: Transaction | driver.Connection, name: str) -> Queue | None:
    """A queue by its name."""
    row = tx.execute(f"SELECT {COLUMNS} FROM queue WHERE name=?", (name,)).fetchone()
    return None if row is None else Queue._make(row)


def everyone(connection: Transaction | driver.Connection) -> list[Queue]:
    """All queues, dead-letter queues included."""
    return [Queue._make(row) for row in connection.execute(f"SELECT {COLUMNS} FROM queue ORDER BY id").fetchall()]


#: What may be set, with the least and the most of it. No lease is shorter than 60 s, for leases are renewed every 20 s.
SETTABLE: dict[str, tuple[int, int | None]] = {
    "concurrency": (1, 1_000), "batch": (1, 1_000), "lease_ms": (60_000, 86_400_000), "backoff_ms": (1, None), "backoff_max_ms": (1, None),
    "retention_ms": (3_600_000, None), "paused": (0, 1),
}  # fmt: skip


def change(tx: Transaction, name: str, **settings: int) -> Queue:
    """Change settings of a queue, all of them or none; what is in flight goes on under the old ones."""
    queue = by_name(tx, name)
    if queue is None:
        raise UnknownQueue(f"No queue is called {name!r}.")
    for setting, value in settings.items():
        if setting not in SETTABLE:
            raise Refusal(f"{setting} is no setting of a queue; there are {', '.join(SETTABLE)}.")
        least, most = SETTABLE[setting]
        if value < least or (most is not None and value > most):
            span = f"{least} or more" if most is None else f"{least} to {most}"
            raise Refusal(f"{setting} may be {span}, not {value}. To stop a queue: `nexus queues pause {name}`.")
    changed = Queue(**{**queue._asdict(), **settings})
    if {"backoff_ms", "backoff_max_ms"} & settings.keys() and changed.backoff_max_ms < changed.backoff_ms:
        span = f"{changed.backoff_ms} (backoff_ms) or more"
        raise Refusal(f"backoff_max_ms may be {span}, not {changed.backoff_max_ms}. To stop a queue: `nexus queues pause {name}`.")
    for setting, value in settings.items():
        tx.execute(f"UPDATE queue SET {setting}=? WHERE id=?", (value, queue.id))
    tx.touch("queues", "queue_settings")
    return changed


def send(tx: Transaction, now: int, drafts: Sequence[Draft]) -> None:
    """Enqueue messages, in order."""
    if not drafts:
        return
    rows = []
    for draft in drafts:
        delay = min(max(draft.delay_ms, 0), MOST_DELAY_MS)
        state = State.DELAYED if delay else State.READY
        rows.append((draft.queue, int(state), draft.prio, now + delay if delay else 0, draft.attempts, draft.run, now,
                     draft.trace, draft.doc, draft.body, draft.sha, draft.history, draft.parent))  # fmt: skip
        tx.count(counter(draft.queue, state))
        if delay:
            tx.delays(now + delay)
    tx.executemany(
        "INSERT INTO msg(queue,state,prio,due,attempts,run,created,trace,doc,body,sha,history,parent) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", rows
    )
    tx.touch("queues")


def send_once(tx: Transaction, now: int, draft: Draft, key: str, ttl_ms: int = 24 * 3600 * 1000) -> bool:
    """Enqueue for a foreign producer that may repeat itself: the same key within `ttl_ms` is sent once. True if it was sent now."""
    claimed = tx.execute(
        "INSERT INTO dedup(queue,key,exp) VALUES(?,?,?) ON CONFLICT DO UPDATE SET exp=excluded.exp WHERE dedup.exp<=?",
        (draft.queue, key, now + ttl_ms, now),
    )
    fresh = claimed.rowcount > 0
    if fresh:
        tx.expires(now + ttl_ms)
        send(tx, now, [draft])
    return fresh


# Read, then lease by id: one UPDATE … RETURNING takes twice as long, and nobody else writes between the two.
HEADS = (
    "SELECT id, queue, ?, prio, deliveries+1, attempts, run, created, trace, doc, body, sha, history, parent, failed "
    "FROM msg WHERE queue=? AND state=0 ORDER BY prio,id LIMIT ?"
)
LEASE = "UPDATE msg SET state=2, deliveries=deliveries+1, lease=?, due=? WHERE id=?"


def claim(tx: Transaction, now: int, queue: int, count: int, token: int, lease_ms: int, suspects: int | None = None) -> list[Delivery]:
    """Lease up to `count` heads of the line. `token` must be new for every claim.

    At most `suspects` of them (all, if that is `None`) were delivered before and ended in neither an outcome nor a failure; a further one ends the claim.
    """
    rows = tx.execute(HEADS, (token, queue, count)).fetchall()
    if suspects is not None:
        rows = _with_few_suspects(rows, suspects)
    if not rows:
        return []
    tx.executemany(LEASE, [(token, now + lease_ms, row[0]) for row in rows])
    tx.count(counter(queue, State.READY), -len(rows))
    tx.count(counter(queue, State.LEASED), len(rows))
    tx.touch("queues")
    return [Delivery._make(row) for row in rows]


def _with_few_suspects(rows: list[Any], suspects: int) -> list[Any]:
    for place, row in enumerate(rows):
        deliveries, attempts = row[4], row[5]
        if deliveries - 1 > attempts:
            if not suspects:
                return rows[:place]
            suspects -= 1
    return rows


def complete(tx: Transaction, delivery: Delivery) -> None:
    """Acknowledge: the message is gone. Comes first in a completion, so that a lost lease discards everything."""
    held(tx, delivery, "DELETE FROM msg", ())
    tx.count(counter(delivery.queue, State.LEASED), -1)
    tx.touch("queues")


def extend(tx: Transaction, now: int, delivery: Delivery, lease_ms: int) -> None:
    """Keep a lease for `lease_ms` from now."""
    held(tx, delivery, "UPDATE msg SET due=?", (now + lease_ms,))


def give_back(tx: Transaction, delivery: Delivery) -> None:
    """Return a message untouched (shutdown, cancellation): neither a delivery nor an attempt is counted."""
    held(tx, delivery, "UPDATE msg SET state=0, due=0, lease=0, deliveries=deliveries-1", ())
    tx.count(counter(delivery.queue, State.LEASED), -1)
    tx.count(counter(delivery.queue, State.READY))
    tx.touch("queues")


def retry(tx: Transaction, now: int, delivery: Delivery, failure: Failure, delay_ms: int) -> None:
    """The handler failed and may try again after `delay_ms`."""
    held(
        tx,
        delivery,
        "UPDATE msg SET state=1, due=?, lease=0, attempts=attempts+1, error_class=?, error=?, fingerprint=?, history=?, failed=?",
        (now + min(delay_ms, MOST_DELAY_MS), *story(delivery.history, now, failure), failure.span),
    )
    tx.delays(now + min(delay_ms, MOST_DELAY_MS))
    tx.count(counter(delivery.queue, State.LEASED), -1)
    tx.count(counter(delivery.queue, State.DELAYED))
    tx.count("retried")
    tx.touch("queues")


def postpone(tx: Transaction, now: int, delivery: Delivery, delay_ms: int) -> None:
    """Deliver again later without counting an attempt."""
    held(tx, delivery, "UPDATE msg SET state=1, due=?, lease=0, deliveries=deliveries-1", (now + min(delay_ms, MOST_DELAY_MS),))
    tx.delays(now + min(delay_ms, MOST_DELAY_MS))
    tx.count(counter(delivery.queue, State.LEASED), -1)
    tx.count(counter(delivery.queue, State.DELAYED))
    tx.touch("queues")


def bury(tx: Transaction, now: int, delivery: Delivery, failure: Failure) -> None:
    """Move a message to its queue's dead letters with the whole story; its id stays."""
    dead = tx.row("SELECT dlq FROM queue WHERE id=?", (delivery.queue,))[0]
    held(
        tx,
        delivery,
        "UPDATE msg SET queue=?, origin=?, state=0, due=0, lease=0, attempts=attempts+1, error_class=?, error=?, fingerprint=?, history=?, failed=?",
        (dead, delivery.queue, *story(delivery.history, now, failure), failure.span),
    )
    tx.count(counter(delivery.queue, State.LEASED), -1)
    tx.count(counter(dead, State.READY))
    tx.count("dead_lettered")
    tx.touch("queues", "dead_letters")


def send_failed(tx: Transaction, now: int, draft: Draft, failure: Failure, *, dead: bool) -> None:
    """Enqueue a message whose first attempt failed in memory, before it was ever written: delayed for its retry, or among the dead letters."""
    told = story(None, now, failure)
    queue, state, due, origin = draft.queue, State.DELAYED, now + min(draft.delay_ms, MOST_DELAY_MS), None
    if dead:
        queue, state, due, origin = tx.row("SELECT dlq FROM queue WHERE id=?", (draft.queue,))[0], State.READY, 0, draft.queue
    tx.execute(
        "INSERT INTO msg(queue,state,prio,due,deliveries,attempts,run,created,trace,doc,body,sha,origin,error_class,error,fingerprint,history,parent,failed) "
        "VALUES(?,?,?,?,1,1,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (queue, int(state), draft.prio, due, draft.run, now, draft.trace, draft.doc, draft.body, draft.sha, origin, *told, draft.parent, failure.span),
    )
    tx.count(counter(queue, state))
    if dead:
        tx.count("dead_lettered")
        tx.touch("dead_letters")
    else:
        tx.delays(due)
        tx.count("retried")
    tx.touch("queues")


def promote(tx: Transaction, now: int) -> int:
    """Make due messages ready: the delayed, and the leased whose lease ran out. Returns how many were promoted (at most one batch)."""
    due = tx.rows("SELECT id, queue, state FROM msg WHERE state>0 AND due<=? ORDER BY due LIMIT ?", (now, PROMOTION_BATCH))
    if not due:
        return 0
    tx.executemany("UPDATE msg SET state=0, due=0, lease=0 WHERE id=?", [(row[0],) for row in due])
    for _, queue, state in due:
        tx.count(counter(queue, State(state)), -1)
        tx.count(counter(queue, State.READY))
    tx.touch("queues")
    return len(due)


def next_due(connection: Transaction | driver.Connection) -> int | None:
    """When the next delayed or leased message is due."""
    due: int | None = connection.execute("SELECT min(due) FROM msg WHERE state>0").fetchone()[0]
    return due


def recover(tx: Transaction, now: int) -> int:
    """At boot nobody holds a lease: every leased row is ready again. Delayed rows are clipped to now + their longest delay."""
    # `state>0` is what the index of timers says: without it every message would be read.
    held = tx.rows("SELECT queue, count(*) FROM msg INDEXED BY msg_timer WHERE state>0 AND state=2 GROUP BY queue")
    tx.execute("UPDATE msg INDEXED BY msg_timer SET state=0, due=0, lease=0 WHERE state>0 AND state=2")
    for queue, count in held:
        tx.count(counter(queue, State.LEASED), -count)
        tx.count(counter(queue, State.READY), count)
    tx.execute("UPDATE msg SET due=? WHERE state>0 AND state=1 AND due>?", (now + MOST_DELAY_MS, now + MOST_DELAY_MS))
    return sum(count for _, count in held)


def held(tx: Transaction, delivery: Delivery, statement: str, parameters: tuple[Any, ...]) -> None:
    """Run a statement on a message only if the holder's lease still stands."""
    changed = tx.execute(f"{statement} WHERE id=? AND lease=? AND state=2", (*parameters, delivery.id, delivery.lease))
    if not changed.rowcount:
        raise LeaseLost(f"Message {delivery.id} is no longer leased under token {delivery.lease}.")


def story(history: str | None, now: int, failure: Failure) -> tuple[str, str, str, str]:
    """Error class, message, fingerprint, and the attempts so far with the one that just failed as JSON."""
    attempts = json.loads(history) if history else []
    attempts.append({"at": now, "error": failure.error_class, "message": failure.message[:500]})
    return failure.error_class, failure.message, failure.fingerprint, json.dumps(attempts, ensure_ascii=False)


def drop(tx: Transaction, messages: Iterable[int]) -> int:
    """Delete messages by id, whatever their state. Returns how many there were."""
    dropped = 0
    for message in messages:
        row = tx.row("SELECT queue, state FROM msg WHERE id=?", (message,))
        if row is None:
            continue
        tx.execute("DELETE FROM msg WHERE id=?", (message,))
        tx.count(counter(row[0], State(row[1])), -1)
        dropped += 1
    if dropped:
        tx.touch("queues", "dead_letters")
    return dropped


def revive(tx: Transaction, now: int, message: int) -> bool:
    """Send a dead letter back to the queue it came from, with fresh attempts and a raised run. False if it is none."""
    row = tx.row("SELECT queue, origin FROM msg WHERE id=? AND origin IS NOT NULL", (message,))
    if row is None:
        return False
    dead, origin = row
    tx.execute(
        "UPDATE msg SET queue=?, origin=NULL, state=0, due=0, lease=0, deliveries=0, attempts=0, run=run+1, created=?, binned=NULL WHERE id=?",
        (origin, now, message),
    )
    tx.count(counter(dead, State.READY), -1)
    tx.count(counter(origin, State.READY))
    tx.touch("queues", "dead_letters")
    return True
