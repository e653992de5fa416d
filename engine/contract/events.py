"""Events, agents and queues: who consumes what from where, within which limits, and what goes on under which key.

Dispatch is by the event's name alone; the queue is where it waits. Limits are the deployment's own figures (timeout per attempt, attempts
in all), which it never enforced and Nexus does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventName(StrEnum):
    """Names on the wire."""

    #: Every hop looks its agent up by name; an enum's own hash is a Python function and costs as much as the rest of the lookup.
    __hash__ = str.__hash__

    #: A job was taken in.
    PIPELINE_REQUESTED = "evt.pipeline.requested"
    #: The planner sends a document on its way.
    DOC_INGESTED = "evt.doc.ingested"
    #: Bytes became rows.
    DOC_PARSED = "evt.doc.parsed"
    #: Rows carry the stable keys.
    DOC_NORMALIZED = "evt.doc.normalized"
    #: The rules have spoken.
    AUDIT_DONE = "evt.audit.done"
    #: The operation is named.
    CLASSIFICATION_READY = "evt.classification.ready"
    #: A person should look at the classification.
    CLASSIFICATION_NEEDS_REVIEW = "evt.classification.needs_review"
    #: Balanced entries.
    LEDGER_READY = "evt.ledger.ready"
    #: Taxes by jurisdiction.
    TAX_READY = "evt.tax.ready"
    #: Entries and taxes agree with the document, or not.
    RECON_DONE = "evt.recon.done"
    #: The report is stored.
    REPORT_READY = "evt.report.ready"
    #: The document can be found and asked about.
    ASSISTANT_READY = "evt.assistant.ready"


class QueueName(StrEnum):
    """Logical queues; the deployment's are `pr-nexus-<name>`."""

    #: Jobs for the planner.
    INGEST = "ingest"
    #: Documents to read.
    PARSE = "parse"
    #: Rows to normalise.
    NORMALIZE = "normalize"
    #: Notes to audit.
    AUDIT = "audit"
    #: Notes to classify.
    CLASSIFY = "classify"
    #: Notes to book.
    LEDGER = "ledger"
    #: Taxes to reconcile.
    TAX = "tax"
    #: Entries to reconcile.
    RECON = "recon"
    #: Reports to write.
    REPORT = "report"
    #: Knowledge to prepare, documents to finish.
    OBSERVABILITY = "observability"


#: Where each event waits locally.
QUEUE_OF: dict[EventName, QueueName] = {
    EventName.PIPELINE_REQUESTED: QueueName.INGEST,
    EventName.DOC_INGESTED: QueueName.PARSE,
    EventName.DOC_PARSED: QueueName.NORMALIZE,
    EventName.DOC_NORMALIZED: QueueName.AUDIT,
    EventName.AUDIT_DONE: QueueName.CLASSIFY,
    EventName.CLASSIFICATION_READY: QueueName.LEDGER,
    EventName.CLASSIFICATION_NEEDS_REVIEW: QueueName.REPORT,
    EventName.LEDGER_READY: QueueName.RECON,
    EventName.TAX_READY: QueueName.TAX,
    EventName.RECON_DONE: QueueName.REPORT,
    EventName.REPORT_READY: QueueName.OBSERVABILITY,
    EventName.ASSISTANT_READY: QueueName.OBSERVABILITY,
}

#: Last part of the idempotency key `{docId}:{suffix}` an event carries (`{jobId}:pipeline` for the first).
KEY_SUFFIX: dict[EventName, str] = {
    EventName.PIPELINE_REQUESTED: "pipeline",
    EventName.DOC_INGESTED: "ingested",
    EventName.DOC_PARSED: "parsed",
    EventName.DOC_NORMALIZED: "normalized",
    EventName.AUDIT_DONE: "audit",
    EventName.CLASSIFICATION_READY: "classified",
    EventName.CLASSIFICATION_NEEDS_REVIEW: "review",
    EventName.LEDGER_READY: "ledger",
    EventName.TAX_READY: "tax",
    EventName.RECON_DONE: "recon",
    EventName.REPORT_READY: "report",
    EventName.ASSISTANT_READY: "assistant",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """An agent's place in the contract. `stages` are the cells it fills in the pipeline of eleven."""

    id: str
    name: str
    stages: tuple[int, ...]
    timeout_ms: int
    max_attempts: int


A0 = AgentSpec(id="A0", name="planner", stages=(0,), timeout_ms=5_000, max_attempts=3)
A1 = AgentSpec(id="A1", name="ingestor", stages=(1,), timeout_ms=10_000, max_attempts=5)
A3 = AgentSpec(id="A3", name="normalizer", stages=(2, 3), timeout_ms=20_000, max_attempts=5)
A4 = AgentSpec(id="A4", name="auditor", stages=(4,), timeout_ms=25_000, max_attempts=5)
A5 = AgentSpec(id="A5", name="classifier", stages=(5,), timeout_ms=10_000, max_attempts=3)
A6 = AgentSpec(id="A6", name="ledger", stages=(6,), timeout_ms=15_000, max_attempts=3)
A7 = AgentSpec(id="A7", name="reconciliation", stages=(7,), timeout_ms=15_000, max_attempts=3)
A8 = AgentSpec(id="A8", name="reporting", stages=(8,), timeout_ms=10_000, max_attempts=3)
A9 = AgentSpec(id="A9", name="assistant", stages=(9,), timeout_ms=8_000, max_attempts=2)
A10 = AgentSpec(id="A10", name="observability", stages=(10,), timeout_ms=5_000, max_attempts=1)

#: All of them in the order of their work. A2 works in one step with A3.
SPECS = (A0, A1, A3, A4, A5, A6, A7, A8, A9, A10)

#: Number of cells in the pipeline a face shows.
STAGES = 11


def cloud_queue(queue: QueueName) -> str:
    """The deployment's name of a queue."""
    return f"pr-nexus-{queue.value}"
