"""What a person does by hand to messages, locks and documents, each as one function of the transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.contract import keys
from engine.contract.envelope import Envelope
from engine.contract.events import QUEUE_OF, EventName
from engine.contract.payloads import PipelineOptions
from engine.errors import InvalidEvent
from engine.intake import planning
from engine.runtime.registry import decoder
from engine.runtime.standing import TERMINAL
from store import bin, locks, queues
from store.errors import UnknownQueue
from store.kv import INLINE
from store.queues import Draft, Priority
from store.records import documents, jobs
from store.transaction import Transaction


#: What an earlier run said is over.
NO_ERROR: dict[str, Any] = {"error_code": None, "error": None, "error_arguments": None}


def validated(event: dict[str, Any]) -> Envelope:
    """An event given by hand, checked against the contract. Raises `InvalidEvent` naming the field."""
    try:
        envelope = msgspec.json.decode(msgspec.json.encode(event), type=Envelope)
        decoder(envelope.name)(envelope.payload)
    except msgspec.ValidationError as error:
        raise InvalidEvent(str(error)) from error
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


def reprocess(tx: Transaction, now: int, wall: int, job: str, docs: Sequence[str]) -> list[tuple[str, str | None]]:
    """Run documents again from the planner as a new job, whose id is the new trace. Returns (document, refusal or None)."""
    outcome: list[tuple[str, str | None]] = []
    taken: list[documents.Document] = []
    for doc in dict.fromkeys(docs):
        document = documents.find(tx, doc)
        if document is None:
            outcome.append((doc, "no such document"))
        elif document.state not in TERMINAL:
            outcome.append((doc, "still at work"))
        elif taken and document.tenant != taken[0].tenant:
            outcome.append((doc, "another tenant"))
        else:
            taken.append(document)
            outcome.append((doc, None))
    if not taken:
        return outcome
    tenant = taken[0].tenant
    options = msgspec.to_builtins(PipelineOptions(reprocess=True, priority="normal"))
    jobs.create(tx, wall, job, tenant, "upload", Priority.NORMAL, json.dumps(options))
    for document in taken:
        _start_over(tx, wall, job, document)
    planning.put_created(tx, wall, job)
    row = jobs.find(tx, job)
    assert row is not None
    while planning.plan(tx, now, wall, row):
        pass
    jobs.close_intake(tx, wall, job)
    return outcome


def _start_over(tx: Transaction, wall: int, job: str, document: documents.Document) -> None:
    tenant, doc = document.tenant, document.doc
    if document.state == "dead_lettered":
        bin.discard(tx, wall, [row[0] for row in tx.rows("SELECT id FROM msg WHERE doc=?", (doc,))])
    documents.change_state(tx, tenant, doc, document.state, "queued")
    documents.update(
        tx, tenant, doc,
        {"state": "queued", "job": job, "trace": job, "planned": 0, "finished": None, "stage": None, **NO_ERROR},
    )  # fmt: skip
    path = tx.row("SELECT path FROM source WHERE tenant=? AND doc=? ORDER BY id LIMIT 1", (tenant, doc))
    documents.add_source(tx, wall, tenant, doc, job, document.name if path is None else path[0], already=False, finished=False)
    jobs.expect(tx, job, 1)


def cancel(tx: Transaction, wall: int, doc: str) -> str | None:
    """Stop working on a document: its messages go to the bin, late results are discarded. Returns why not, or `None`."""
    document = documents.find(tx, doc)
    if document is None:
        return "no such document"
    if document.state in TERMINAL:
        return f"already {document.state}"
    bin.discard(tx, wall, [row[0] for row in tx.rows("SELECT id FROM msg WHERE doc=?", (doc,))])
    documents.change_state(tx, document.tenant, doc, document.state, "cancelled")
    documents.update(tx, document.tenant, doc, {"state": "cancelled", "finished": wall})
    if document.trace is not None:
        locks.release(tx, wall, keys.document_lock(doc), document.trace)
    jobs.advance(tx, wall, documents.finish_sources(tx, document.tenant, doc), failed=True)
    return None


def purge(tx: Transaction, now: int, wall: int, name: str) -> int:
    """Move what waits in a queue to the bin; documents it belonged to are cancelled. Returns how many messages."""
    queue = queues.by_name(tx, name)
    if queue is None:
        raise UnknownQueue(f"No queue is called {name!r}.")
    rows = tx.rows("SELECT id, doc FROM msg WHERE queue=? AND state<2", (queue.id,))
    for _, doc in rows:
        if doc is not None and queue.dlq is not None:
            cancel(tx, wall, doc)
    bin.discard(tx, now, [row[0] for row in rows])
    return len(rows)


def release(tx: Transaction, wall: int, name: str, *, force: bool) -> str | None:
    """Release a lock. Returns why not, or `None`."""
    row = tx.row("SELECT owner FROM lock WHERE name=? AND owner IS NOT NULL", (name,))
    if row is None:
        return "not held"
    alive = tx.row(
        "SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.trace=? AND queue.dlq IS NOT NULL LIMIT 1", (row[0],)
    )
    if alive is not None and not force:
        return "its trace is still at work: releasing it may run the document twice"
    locks.break_open(tx, wall, [name])
    return None
