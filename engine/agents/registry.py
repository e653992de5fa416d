"""The eleven, by the event each consumes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from engine.agents import (
    a00_planner,
    a01_ingestor,
    a03_normalizer,
    a04_auditor,
    a05_classifier,
    a06_ledger,
    a07_reconciliation,
    a08_reporting,
    a09_assistant,
    a10_observability,
)
from engine.agents.context import Context
from engine.agents.outcome import Event, Outcome
from engine.contract.events import A0, A1, A3, A4, A5, A6, A7, A8, A9, A10, AgentSpec, EventName

Handle = Callable[[Event, Context], Coroutine[Any, Any, Outcome]]

AGENTS: dict[EventName, tuple[AgentSpec, Handle]] = {
    EventName.PIPELINE_REQUESTED: (A0, a00_planner.handle),
    EventName.DOC_INGESTED: (A1, a01_ingestor.handle),
    EventName.DOC_PARSED: (A3, a03_normalizer.handle),
    EventName.DOC_NORMALIZED: (A4, a04_auditor.handle),
    EventName.AUDIT_DONE: (A5, a05_classifier.handle),
    EventName.CLASSIFICATION_READY: (A6, a06_ledger.handle),
    EventName.TAX_READY: (A7, a07_reconciliation.handle),
    EventName.LEDGER_READY: (A7, a07_reconciliation.handle),
    EventName.CLASSIFICATION_NEEDS_REVIEW: (A8, a08_reporting.handle),
    EventName.RECON_DONE: (A8, a08_reporting.handle),
    EventName.REPORT_READY: (A9, a09_assistant.handle),
    EventName.ASSISTANT_READY: (A10, a10_observability.handle),
}
