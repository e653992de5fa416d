"""Sending acknowledged documents to the planner, in chunks, in the same transaction that marks them planned."""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

from engine.agents.outcome import Emission
from engine.contract.events import QUEUE_OF, EventName
from engine.contract.payloads import Document, Kind, Origin, PipelineOptions, PipelineRequested, Source
from engine.outside import iso
from engine.runtime import messages
from engine.runtime.slots import ensure_queues
from store import queues
from store.queues import Draft
from store.records import documents
from store.records.jobs import Job
from store.transaction import Transaction

#: Most documents one planner message names; 100 of them stay well below a message's 64 KiB.
CHUNK = 100


def plan(tx: Transaction, now: int, wall: int, job: Job) -> int:
    """Name the next chunk of a job's documents to the planner. Returns how many."""
    rows = documents.unplanned(tx, job.id, CHUNK)
    if not rows:
        return 0
    # Files may be taken in before an engine has ever run here.
    ensure_queues(tx)
    queue = queues.by_name(tx, QUEUE_OF[EventName.PIPELINE_REQUESTED].value)
    assert queue is not None
    before: int = tx.row("SELECT count(*) FROM document WHERE job=? AND planned=1", (job.id,))[0]
    key = f"{job.id}:pipeline" if before == 0 else f"{job.id}:pipeline:{before}"
    payload = PipelineRequested(
        trace_id=job.id,
        tenant_id=job.tenant,
        documents=[wire_document(row, job.source) for row in rows],
        options=msgspec.convert(json.loads(job.options), PipelineOptions),
    )
    emission = Emission(name=EventName.PIPELINE_REQUESTED, doc_id=job.id, payload=payload, key=key)
    body = messages.encode(emission, job.id, wall)
    queues.send(tx, now, [Draft(queue=queue.id, body=body, trace=job.id, prio=job.prio)])
    documents.mark_planned(tx, [row.doc for row in rows])
    return len(rows)


def wire_document(row: documents.Document, source: str) -> Document:
    """A document's record as events name it."""
    origin: dict[str, Any] = {"tags": [row.family]}
    if row.label is not None and row.parent is not None:
        origin |= {"source_zip": row.name.partition("!")[0], "internal_path": row.label}
    return Document(
        doc_id=row.doc,
        tenant_id=row.tenant,
        source=cast("Source", source),
        kind=Kind(row.kind),
        name=row.name,
        size_bytes=row.size,
        checksum=row.sha.hex(),
        uploaded_at=iso(row.added),
        status="parsed",
        meta=Origin(**origin),
    )
