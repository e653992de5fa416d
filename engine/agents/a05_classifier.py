"""A5 Classifier: what kind of operation it is and whose, with a confidence; a doubtful one is put before a person as well."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from engine.agents.context import Context
from engine.agents.marks import AUDIT_ONLY, is_marked, marked
from engine.agents.outcome import DocumentFacts, Emission, Event, Outcome
from engine.agents.payload import extraction_of
from engine.contract import payloads
from engine.contract.events import EventName
from engine.contract.payloads import AuditDone, AuditReport, ClassificationNeedsReview, ClassificationReady
from engine.fiscal.classification import Classification, classify
from engine.fiscal.note import Note
from engine.fiscal.sectors import UNKNOWN

#: A document without a note has no operation.
NONE = payloads.Classification(operation_type="Outros", business_sector=UNKNOWN, confidence=Decimal(0))


async def handle(event: Event, context: Context) -> Outcome:
    """Classify the note from the viewpoint of the own companies."""
    done: AuditDone = event.payload
    note = (await extraction_of(done.extraction, context)).note
    if note is None:
        ready = ClassificationReady(
            audit=_classified(done.audit, NONE), classification=NONE, extraction=done.extraction
        )
        return Outcome(events=(_ready(event, ready),))
    companies, corrections = await context.lookup.viewpoint()
    verdict = classify(note, companies, corrections)
    wire = payloads.Classification(
        operation_type=verdict.operation.value, business_sector=verdict.sector, confidence=verdict.confidence
    )
    audit = _classified(done.audit, wire)
    if verdict.audit_only:
        audit = marked(audit, AUDIT_ONLY)
    ready = ClassificationReady(audit=audit, classification=wire, extraction=done.extraction, viewpoint=verdict)
    events = [_ready(event, ready)]
    if verdict.needs_review and not is_marked(audit, AUDIT_ONLY):
        events.append(_review(event, audit))
    return Outcome(events=tuple(events), records=(DocumentFacts(values=_columns(verdict, note)),))


def _ready(event: Event, ready: ClassificationReady) -> Emission:
    return Emission(name=EventName.CLASSIFICATION_READY, doc_id=event.doc_id, payload=ready, key=f"{event.doc_id}:classified")


def _review(event: Event, audit: AuditReport) -> Emission:
    asked = ClassificationNeedsReview(audit=audit, doc_name=audit.documents[0].doc.name)
    return Emission(name=EventName.CLASSIFICATION_NEEDS_REVIEW, doc_id=event.doc_id, payload=asked, key=f"{event.doc_id}:review")


def _classified(audit: AuditReport, classification: payloads.Classification) -> AuditReport:
    documents = [msgspec.structs.replace(document, classification=classification) for document in audit.documents]
    return msgspec.structs.replace(audit, documents=documents)


def _columns(verdict: Classification, note: Note) -> dict[str, Any]:
    return {
        "family": note.family,
        "role": verdict.role.value,
        "operation": verdict.operation.value,
        "sector": verdict.sector,
        "confidence": str(verdict.confidence),
    }
