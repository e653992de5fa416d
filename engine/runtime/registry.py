"""Which agent handles which event, and how its payload is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from engine.agents.registry import AGENTS, Handle
from engine.contract import payloads
from engine.contract.events import AgentSpec, EventName

PAYLOADS: dict[EventName, type[msgspec.Struct]] = {
    EventName.PIPELINE_REQUESTED: payloads.PipelineRequested,
    EventName.DOC_INGESTED: payloads.Document,
    EventName.DOC_PARSED: payloads.ParsedDocument,
    EventName.DOC_NORMALIZED: payloads.NormalizedDocument,
    EventName.AUDIT_DONE: payloads.AuditDone,
    EventName.CLASSIFICATION_READY: payloads.ClassificationReady,
    EventName.CLASSIFICATION_NEEDS_REVIEW: payloads.ClassificationNeedsReview,
    EventName.LEDGER_READY: payloads.LedgerReady,
    EventName.TAX_READY: payloads.TaxReady,
    EventName.RECON_DONE: payloads.ReconDone,
    EventName.REPORT_READY: payloads.ReportReady,
    EventName.ASSISTANT_READY: payloads.AssistantReady,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as the runtime calls it; `stage` names its step, `place` is the last cell of the pipeline it fills."""

    spec: AgentSpec
    handle: Handle
    decode: Callable[[msgspec.Raw], Any]

    @property
    def stage(self) -> str:
        return self.spec.id

    @property
    def place(self) -> int:
        return self.spec.stages[-1]


Registry = Mapping[EventName, Agent]


def decoder(name: EventName) -> Callable[[msgspec.Raw], Any]:
    """Strict decoding of an event's payload; numbers without a declared type become Decimal, never float."""
    return msgspec.json.Decoder(PAYLOADS[name], float_hook=Decimal).decode


def production() -> Registry:
    """The eleven agents."""
    return {name: Agent(spec=spec, handle=handle, decode=decoder(name)) for name, (spec, handle) in AGENTS.items()}
