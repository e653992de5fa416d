"""Eleven test agents for the product's own dispatcher: each reads the 4 KB payload of its event, changes it, and passes 4 KB on."""

from __future__ import annotations

from benchmarks.payloads import changed, decode
from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, KeyPut, Outcome
from engine.agents.registry import Handle
from engine.contract.events import KEY_SUFFIX, AgentSpec, EventName
from engine.runtime.registry import Agent, Registry

#: The events of one document from the job to the end, in order: eleven hops through ten queues.
HOPS = (
    EventName.PIPELINE_REQUESTED,
    EventName.DOC_INGESTED,
    EventName.DOC_PARSED,
    EventName.DOC_NORMALIZED,
    EventName.AUDIT_DONE,
    EventName.CLASSIFICATION_READY,
    EventName.LEDGER_READY,
    EventName.TAX_READY,
    EventName.RECON_DONE,
    EventName.REPORT_READY,
    EventName.ASSISTANT_READY,
)
#: Counter that rises with the commit that ends a document.
DONE = "benchmark.done"


def registry() -> Registry:
    """One agent a hop; the payload is decoded from the message's JSON by msgspec, as production's are."""
    return {
        name: Agent.of(
            name,
            AgentSpec(id=f"B{place}", name=f"bench{place}", stages=(place,), timeout_ms=10_000, max_attempts=3),
            _passing_on_to(HOPS[place + 1]) if place + 1 < len(HOPS) else _finish,
            decode,
        )
        for place, name in enumerate(HOPS)
    }


def _passing_on_to(following: EventName) -> Handle:
    suffix = KEY_SUFFIX[following]

    async def handle(event: Event, context: Context) -> Outcome:
        doc = event.doc_id
        return Outcome(events=(Emission(name=following, doc_id=doc, payload=changed(event.payload), key=f"{doc}:{suffix}"),))

    return handle


async def _finish(event: Event, context: Context) -> Outcome:
    """The last hop keeps the artefact."""
    return Outcome(puts=(KeyPut(key=f"report:{event.doc_id}", value=changed(event.payload)),), metrics=((DONE, 1),))
