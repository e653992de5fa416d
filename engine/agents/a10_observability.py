"""A10 Observability: the document has reached its end. Counts it, names its final state, lets go of it."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from engine.agents.context import Context
from engine.agents.marks import ADDS, AUDIT_ONLY, is_marked
from engine.agents.outcome import DocumentFacts, Event, Finished, Outcome
from engine.contract.payloads import AssistantReady, AuditReport
from engine.fiscal.classification import REVIEW_BELOW

FINALIZED = "pipeline.finalized"

_UNREAD = {"ocr_needed": "ocr_needed", "unsupported": "unsupported", "error": "unreadable"}


async def handle(event: Event, context: Context) -> Outcome:
    """Finalise one document."""
    ready: AssistantReady = event.payload
    state = final_state(ready.audit)
    facts: dict[str, Any] = {"state": state}
    if state not in _UNREAD.values():
        # What an earlier attempt said is over.
        facts |= {"error_code": None, "error": None}
    return Outcome(metrics=((FINALIZED, 1),), records=(DocumentFacts(values=facts), Finished()))


def final_state(audit: AuditReport) -> str:
    """Where the document comes to rest, by what its report says."""
    document = audit.documents[0]
    unread = _UNREAD.get(document.doc.status)
    if unread is not None:
        return unread
    if any(found.code == "DUP-01" for found in document.inconsistencies) and not is_marked(audit, ADDS):
        return "duplicate"
    return "needs_review" if is_doubtful(audit) else "done"


def is_doubtful(audit: AuditReport) -> bool:
    """Whether a person should look at its classification. Containers are read but have no operation of their own: their confidence is 0."""
    classification = audit.documents[0].classification
    if classification is UNSET or is_marked(audit, AUDIT_ONLY):
        return False
    return 0 < classification.confidence < REVIEW_BELOW
