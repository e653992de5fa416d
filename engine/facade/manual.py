"""What a person does by hand to messages, locks and documents, each as one function of the transaction.

Where many things are named, each is done or declined by itself: the outcome says which and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.contract import codec, keys
from engine.contract.envelope import Envelope
from engine.contract.events import QUEUE_OF, EventName
from engine.contract.payloads import PAYLOAD_OF
from engine.errors import InvalidEvent, UnknownEvent
from engine.facade import issues, refusals
from engine.facade.refusals import Declined
from engine.intake.requeue import LOCK_MS
from engine.runtime import standing
from engine.runtime.standing import TERMINAL
from store import bin, locks, queues
from store.errors import UnknownQueue
from store.kv import INLINE
from store.queues import Draft, Priority
from store.records import documents, jobs
from store.transaction import Transaction

#: What was named, and why nothing was done with it, or `None`.
Outcome = list[tuple[str, Declined | None]]


def validated(event: dict[str, Any]) -> Envelope:
    """An event given by hand, checked against the contract. Raises `InvalidEvent` naming every field that does not fit, `UnknownEvent`."""
    try:
        body = codec.encode(event)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidEvent("The event holds text that is no UTF-8, or is nested beyond what can be read.") from error
    try:
        envelope = codec.decoder(Envelope)(body)
        codec.decoder(PAYLOAD_OF[envelope.name])(envelope.payload)
    except codec.Unreadable as error:
        kind = InvalidEvent if issues.unknown(body) is None else UnknownEvent
        raise kind(issues.told(body) or str(error)) from error
    if len(envelope.payload) > INLINE:
        raise InvalidEvent(f"The payload has {len(envelope.payload)} bytes; by hand it may have {INLINE}.")
    return envelope


def enqueue(tx: Transaction, now: int, event: Envelope) -> None:
    """Send an event by hand, under a run above all that its trace and document have seen."""
    headers = event.headers
    planner = event.name is EventName.PIPELINE_REQUESTED
    doc = "" if planner else headers.doc_id
    row = tx.row("SELECT max(run) FROM step WHERE trace=? AND doc=?", (headers.trace_id, doc))
    run = 0 if row[0] is None else row[0] + 1
    queue = queues.by_name(tx, QUEUE_OF[event.name].value)
    assert queue is not None
    body = msgspec.json.encode(event)
    draft = Draft(queue=queue.id, body=body, trace=headers.trace_id, doc=doc or None, prio=Priority.NORMAL, run=run)
    queues.send(tx, now, [draft])


def cancel(tx: Transaction, now: int, wall: int, doc: str) -> Declined | None:
    """Stop working on a document: its messages go to the bin, late results are discarded."""
    document = documents.find(tx, doc)
    if document is None:
        return refusals.NO_SUCH_DOCUMENT
    if document.state in TERMINAL:
        return refusals.AT_ITS_END
    bin.discard(tx, now, [row[0] for row in tx.rows("SELECT id FROM msg WHERE doc=?", (doc,))])
    documents.change_state(tx, document.tenant, doc, document.state, "cancelled")
    documents.update(tx, document.tenant, doc, {"state": "cancelled", "finished": wall})
    if document.trace is not None:
        locks.release(tx, wall, keys.document_lock(doc), document.trace)
    jobs.advance(tx, wall, documents.finish_sources(tx, document.tenant, doc), failed=True)
    return None


def purge(tx: Transaction, now: int, wall: int, name: str) -> list[int]:
    """Move what waits in a queue to the bin; documents that wait there are cancelled. Returns the messages."""
    queue = queues.by_name(tx, name)
    if queue is None:
        raise UnknownQueue(f"No queue is called {name!r}.")
    rows = tx.rows(
        "SELECT id, doc, trace FROM msg WHERE queue=? AND state<2 AND binned IS NULL ORDER BY id", (queue.id,)
    )
    purged = [row[0] for row in rows]
    bin.discard(tx, now, purged)
    if queue.dlq is not None:
        for _, doc, trace in rows:
            for waiting in _planned(tx, trace) if doc is None else [doc]:
                purged += [row[0] for row in tx.rows("SELECT id FROM msg WHERE doc=? AND binned IS NULL", (waiting,))]
                cancel(tx, now, wall, waiting)
    return purged


def _planned(tx: Transaction, trace: str | None) -> list[str]:
    """The documents of a job whose planner messages are gone, and that have none of their own yet."""
    return [
        row[0]
        for row in tx.rows(
            "SELECT doc FROM document WHERE job=? AND planned=1 AND state IN ('queued','waiting_lock') "
            "AND NOT EXISTS(SELECT 1 FROM msg WHERE msg.doc=document.doc AND binned IS NULL)", (trace,),
        )
    ]  # fmt: skip


def drop(tx: Transaction, now: int, messages: Sequence[int]) -> Outcome:
    """Move dead letters to the bin; a message that is at work or waits is no dead letter."""
    outcome: Outcome = []
    for message in dict.fromkeys(messages):
        dead = tx.row(
            "SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.id=? AND queue.dlq IS NULL AND binned IS NULL",
            (message,),
        )
        gone = dead is not None and bin.discard(tx, now, [message]) > 0
        outcome.append((str(message), None if gone else refusals.NO_SUCH_DEAD_LETTER))
    return outcome


def restore(tx: Transaction, wall: int, messages: Sequence[int]) -> Outcome:
    """Take messages back from the bin; documents that were cancelled with theirs go on, under the lock they had."""
    return [(str(message), _restore(tx, wall, message)) for message in dict.fromkeys(messages)]


def _restore(tx: Transaction, wall: int, message: int) -> Declined | None:
    row = tx.row("SELECT doc, trace, origin FROM msg WHERE id=? AND binned IS NOT NULL", (message,))
    if row is None:
        return refusals.NOT_IN_THE_BIN
    doc, trace, origin = row
    document = None if doc is None or origin is not None else documents.find(tx, doc)
    if document is not None and document.trace != trace:
        return refusals.OVERTAKEN
    waiting = [] if origin is not None or trace is None else _cancelled(tx, doc, trace)
    if any(
        locks.acquire(tx, wall, keys.document_lock(one.doc), trace, LOCK_MS) is None
        for one in waiting
        if doc is not None
    ):
        return refusals.LOCK_HELD
    bin.take_back(tx, [message])
    for one in waiting:
        standing.resume(tx, wall, one.tenant, one.doc)
    return None


def _cancelled(tx: Transaction, doc: str | None, trace: str) -> list[documents.Document]:
    """Documents that a message out of the bin would work on again."""
    if doc is None:
        docs = [
            row[0] for row in tx.rows("SELECT doc FROM document WHERE job=? AND planned=1 AND stage IS NULL", (trace,))
        ]
    else:
        docs = [doc]
    return [one for one in documents.find_many(tx, docs).values() if one.state == "cancelled" and one.trace == trace]


def release(tx: Transaction, wall: int, name: str, *, force: bool) -> Declined | None:
    """Release a lock; one whose trace is at work only by `force`."""
    row = tx.row("SELECT owner FROM lock WHERE name=? AND owner IS NOT NULL", (name,))
    if row is None:
        return refusals.NOT_HELD
    alive = tx.row(
        "SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.trace=? AND queue.dlq IS NOT NULL LIMIT 1",
        (row[0],),
    )
    if alive is not None and not force:
        return refusals.LOCK_ALIVE
    locks.break_open(tx, wall, [name])
    return None
