"""A10 Observability: the document has reached its end. Counts it, names its final state, lets go of it."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from engine.agents.context import Context
from engine.agents.outcome import DocumentFacts, Event, Finished, Outcome
from engine.contract.payloads import AssistantReady, AuditedDocument, Classification
from engine.fiscal.classification import REVIEW_BELOW

FINALIZED = "pipeline.finalized"

_UNREAD = {"ocr_needed": "ocr_needed", "unsupported": "unsupported", "error": "unreadable"}


async def handle(event: Event, context: Context) -> Outcome:
    """Finalise one document."""
    ready: AssistantReady = event.payload
    state = final_state(ready.audit.documents[0])
    facts: dict[str, Any] = {"state": state}
    if state not in _UNREAD.values():
        # What an earlier attempt said is over.
        facts |= {"error_code": None, "error": None}
    return Outcome(metrics=((FINALIZED, 1),), records=(DocumentFacts(values=facts), Finished()))


def final_state(document: AuditedDocument) -> str:
    """Where the document comes to rest, by what its report says."""
    unread = _UNREAD.get(document.doc.status)
    if unread is not None:
        return unread
    if any(found.code == "DUP-01" for found in document.inconsistencies):
        return "duplicate"
    return "needs_review" if is_doubtful(document.classification) else "done"


def is_doubtful(classification: Classification | UnsetType) -> bool:
    """Whether a person should look at it. Containers are read but have no operation of their own: their confidence is 0."""
    return classification is not UNSET and 0 < classification.confidence < REVIEW_BELOW
