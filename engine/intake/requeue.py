"""Bringing dead letters back: to the stage where they failed, under a new run, so that nothing takes them for duplicates."""

from __future__ import annotations

from engine.contract import keys
from store import locks, queues
from store.records import documents, jobs
from store.transaction import Transaction

LOCK_MS = 60_000


def requeue_dead(tx: Transaction, now: int, wall: int, doc: str) -> str | None:
    """Send a document's dead letter back to its queue. Returns why not, or `None` when it is on its way."""
    row = tx.row(
        "SELECT msg.id FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.doc=? AND queue.dlq IS NULL ORDER BY msg.id DESC LIMIT 1", (doc,)
    )
    if row is None:
        return "no dead letter"
    return requeue_message(tx, now, wall, row[0])


def requeue_message(tx: Transaction, now: int, wall: int, message: int) -> str | None:
    """Send one dead letter back. Returns why not, or `None` when it is on its way."""
    row = tx.row("SELECT trace, doc FROM msg WHERE id=?", (message,))
    if row is None:
        return "no such dead letter"
    trace, doc = row
    if doc is not None and locks.acquire(tx, wall, keys.document_lock(doc), trace, LOCK_MS) is None:
        return "lock held"
    if not queues.revive(tx, now, message):
        return "no such dead letter"
    if doc is None:
        return None
    document = documents.find(tx, doc)
    if document is not None and document.state == "dead_lettered":
        documents.change_state(tx, document.tenant, doc, document.state, "queued")
        documents.update(tx, document.tenant, doc, {"state": "queued", "finished": None, "error_code": None, "error": None})
        for job in documents.reopen_sources(tx, document.tenant, doc):
            jobs.reopen(tx, wall, job, failed=True)
    return None
