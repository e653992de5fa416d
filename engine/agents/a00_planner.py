"""A0 Planner: sends each document of a job on its way, once nobody else holds it."""

from __future__ import annotations

from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, LockWish, Outcome
from engine.contract.events import EventName
from engine.contract.keys import document_lock
from engine.contract.payloads import Document, PipelineRequested

LOCK_MS = 60_000
#: A locked document is looked at again after this long; that is no attempt.
COMEBACK_MS = 60_000


async def handle(event: Event, context: Context) -> Outcome:
    """One lock wish a document: if it is ours the document goes to the ingestor, else the planner comes back to it."""
    request: PipelineRequested = event.payload
    wishes = []
    for document in request.documents:
        wishes.append(
            LockWish(
                name=document_lock(document.doc_id),
                ttl_ms=LOCK_MS,
                held=(_ingested(document),),
                busy=(_comeback(event, request, document),),
            )
        )
        await context.breathe()
    return Outcome(locks=tuple(wishes))


def _ingested(document: Document) -> Emission:
    return Emission(name=EventName.DOC_INGESTED, doc_id=document.doc_id, payload=document, key=f"{document.doc_id}:ingested")


def _comeback(event: Event, request: PipelineRequested, document: Document) -> Emission:
    alone = PipelineRequested(
        trace_id=request.trace_id, tenant_id=request.tenant_id, documents=[document], options=request.options
    )
    return Emission(
        name=EventName.PIPELINE_REQUESTED,
        doc_id=event.doc_id,
        payload=alone,
        key=f"{request.trace_id}:pipeline:{document.doc_id}",
        delay_ms=COMEBACK_MS,
        again=True,
    )
