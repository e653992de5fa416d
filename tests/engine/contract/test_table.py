"""The table of the contract, cell by cell: a figure that is changed in the code must be changed here as well."""

from __future__ import annotations

import pytest

from engine.agents.registry import AGENTS
from engine.contract import events, keys
from engine.contract.events import KEY_SUFFIX, QUEUE_OF, AgentSpec, EventName, QueueName, cloud_queue

#: agent -> name, cells, timeout in ms, attempts, events consumed
TABLE: dict[str, tuple[str, tuple[int, ...], int, int, set[str]]] = {
    "A0": ("planner", (0,), 5_000, 3, {"evt.pipeline.requested"}),
    "A1": ("ingestor", (1,), 10_000, 5, {"evt.doc.ingested"}),
    "A3": ("normalizer", (2, 3), 20_000, 5, {"evt.doc.parsed"}),
    "A4": ("auditor", (4,), 25_000, 5, {"evt.doc.normalized"}),
    "A5": ("classifier", (5,), 10_000, 3, {"evt.audit.done"}),
    "A6": ("ledger", (6,), 15_000, 3, {"evt.classification.ready"}),
    "A7": ("reconciliation", (7,), 15_000, 3, {"evt.tax.ready", "evt.ledger.ready"}),
    "A8": ("reporting", (8,), 10_000, 3, {"evt.recon.done", "evt.classification.needs_review"}),
    "A9": ("assistant", (9,), 8_000, 2, {"evt.report.ready"}),
    "A10": ("observability", (10,), 5_000, 1, {"evt.assistant.ready"}),
}
#: event -> queue, last part of the idempotency key
EVENTS = {
    "evt.pipeline.requested": ("ingest", "pipeline"),
    "evt.doc.ingested": ("parse", "ingested"),
    "evt.doc.parsed": ("normalize", "parsed"),
    "evt.doc.normalized": ("audit", "normalized"),
    "evt.audit.done": ("classify", "audit"),
    "evt.classification.ready": ("ledger", "classified"),
    "evt.classification.needs_review": ("report", "review"),
    "evt.ledger.ready": ("recon", "ledger"),
    "evt.tax.ready": ("tax", "tax"),
    "evt.recon.done": ("report", "recon"),
    "evt.report.ready": ("observability", "report"),
    "evt.assistant.ready": ("observability", "assistant"),
}
CLOUD_QUEUES = {
    "pr-nexus-ingest", "pr-nexus-parse", "pr-nexus-normalize", "pr-nexus-audit", "pr-nexus-classify", "pr-nexus-ledger", "pr-nexus-tax",
    "pr-nexus-recon", "pr-nexus-report", "pr-nexus-observability",
}  # fmt: skip


def specs() -> dict[str, AgentSpec]:
    return {value.id: value for value in vars(events).values() if isinstance(value, AgentSpec)}


@pytest.mark.parametrize("agent", TABLE)
def test_an_agent_has_its_row(agent: str) -> None:
    name, stages, timeout, attempts, consumed = TABLE[agent]
    spec = specs()[agent]
    assert (spec.name, spec.stages, spec.timeout_ms, spec.max_attempts) == (name, stages, timeout, attempts)
    assert {event.value for event, (known, _) in AGENTS.items() if known is spec} == consumed


def test_there_are_no_other_agents_and_the_cells_are_eleven() -> None:
    assert specs().keys() == TABLE.keys()
    assert sorted(cell for spec in specs().values() for cell in spec.stages) == list(range(events.STAGES))


def test_every_event_waits_in_its_queue_under_its_key() -> None:
    assert {event.value for event in EventName} == EVENTS.keys()
    assert {name.value: (QUEUE_OF[name].value, KEY_SUFFIX[name]) for name in EventName} == EVENTS


def test_the_queues_are_those_of_the_deployment() -> None:
    assert {cloud_queue(queue) for queue in QueueName} == CLOUD_QUEUES
    assert {queue.value for queue in QUEUE_OF.values()} == {queue.value for queue in QueueName}


def test_keys_are_named_by_the_contract() -> None:
    assert keys.job("t") == "job:t"
    assert keys.ingest("d", "t") == "ingest:d:t"
    assert keys.report("d") == "report:d"
    assert keys.assistant("d") == "assistant:d"
    assert keys.document_lock("d") == "lock:doc:d"


def test_keys_live_as_long_as_the_contract_says() -> None:
    assert (keys.INGEST_S, keys.REPORT_S, keys.JOB_S, keys.ASSISTANT_S) == (3_600, 604_800, 604_800, 604_800)
