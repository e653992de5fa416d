"""Messages that outlive their queue's retention: they move to the dead letters as `expired`, and nothing is deleted for age."""

from __future__ import annotations

from typing import NamedTuple

from store.queues import Failure, State, counter, story
from store.transaction import Transaction

#: What is told of a message that nobody came for in time.
TOO_OLD = Failure(error_class="expired", message="older than its queue keeps messages", fingerprint="expired")


class Expired(NamedTuple):
    """A message that outlived its queue's retention and is a dead letter now."""

    id: int
    attempts: int
    run: int
    trace: str | None
    doc: str | None
    body: bytes | None
    sha: bytes | None


def expire(tx: Transaction, now: int, limit: int) -> list[Expired]:
    """Move ready messages older than their queue's retention to the dead letters as `expired`. Returns them, oldest first in each queue."""
    # Queue by queue, so that the index of age is searched in each and the dead letters, which are older, are never gone through.
    old = tx.rows(
        "SELECT msg.queue, queue.dlq, history, msg.id, attempts, run, trace, doc, body, sha FROM queue CROSS JOIN msg INDEXED BY msg_age "
        "WHERE queue.dlq IS NOT NULL AND msg.queue=queue.id AND msg.state=0 AND msg.created<=?-queue.retention_ms LIMIT ?",
        (now, limit),
    )
    for queue, dead, history, message, *_ in old:
        tx.execute(
            "UPDATE msg SET queue=?, origin=?, error_class=?, error=?, fingerprint=?, history=? WHERE id=?",
            (dead, queue, *story(history, now, TOO_OLD), message),
        )
        tx.count(counter(queue, State.READY), -1)
        tx.count(counter(dead, State.READY))
        tx.count("dead_lettered")
    if old:
        tx.touch("queues", "dead_letters")
    return [Expired._make(row[3:]) for row in old]
