"""Bringing dead letters back: to the stage where they failed, under a new run, so that nothing takes them for duplicates."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract import keys
from engine.intake.letters import event_of, planned
from engine.runtime import standing
from store import locks, queues
from store.records import documents
from store.transaction import Transaction

LOCK_MS = 60_000

#: A message in the bin is dropped, not dead.
DEAD = "SELECT id FROM msg WHERE doc=? AND origin IS NOT NULL AND binned IS NULL ORDER BY id"


def requeue_dead(tx: Transaction, now: int, wall: int, doc: str) -> str | None:
    """Send all dead letters of a document back to their queues. Returns why not, or `None` when they are on their way."""
    dead = [row[0] for row in tx.rows(DEAD, (doc,))]
    if not dead:
        return "no dead letter"
    refusals = [requeue_message(tx, now, wall, message) for message in dead]
    return next((refusal for refusal in refusals if refusal is not None), None)


def requeue_message(tx: Transaction, now: int, wall: int, message: int) -> str | None:
    """Send one dead letter back. Returns why not, or `None` when it is on its way."""
    row = tx.row("SELECT trace, doc, body FROM msg WHERE id=? AND origin IS NOT NULL AND binned IS NULL", (message,))
    if row is None:
        return "no such dead letter"
    trace, doc, body = row
    document = None if doc is None else documents.find(tx, doc)
    if document is not None and document.state not in standing.REPORTED:
        # A document that has its report does not go to work again: what failed was beside its way.
        if locks.acquire(tx, wall, keys.document_lock(document.doc), trace, LOCK_MS) is None:
            return "lock held"
        standing.resume(tx, wall, document.tenant, document.doc)
    if doc is None and body is not None:
        _resume_planned(tx, wall, trace, planned(event_of(body)))
    queues.revive(tx, now, message)
    return None


def _resume_planned(tx: Transaction, wall: int, trace: str | None, docs: Sequence[str]) -> None:
    """Documents whose planner's message comes back; one that another trace took on since is that trace's."""
    for document in documents.find_many(tx, docs).values():
        if document.state == "dead_lettered" and document.trace == trace:
            standing.resume(tx, wall, document.tenant, document.doc)
