"""All agents in a row, in memory: warm or through queues, in whatever order, the outcome is the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.agents.outcome import Event
from engine.contract import codec
from engine.contract.events import KEY_SUFFIX, EventName
from engine.contract.payloads import PAYLOAD_OF, AuditReport
from engine.fiscal.companies import Companies, Company
from engine.fiscal.rules import Surroundings, Twin
from tests.engine.agents.conftest import CLEAN, EVERYTHING, xml
from tests.engine.agents.memory import Given, MemoryContext, cold, official, requested, travel, warm

PIPELINE = [
    "evt.pipeline.requested", "evt.doc.ingested", "evt.doc.parsed", "evt.doc.normalized", "evt.audit.done", "evt.classification.ready",
    "evt.ledger.ready", "evt.tax.ready", "evt.recon.done", "evt.report.ready", "evt.assistant.ready",
]  # fmt: skip


async def test_a_hop_through_a_queue_equals_a_hop_in_memory(given: Given) -> None:
    usual, through_queues = await travel(given, hop=warm), await travel(given, hop=cold)
    assert through_queues.report == usual.report
    assert through_queues.tables == usual.tables
    assert through_queues.facts == usual.facts
    assert through_queues.search == usual.search
    assert through_queues.effect() == usual.effect()
    assert [codec.encode(outcome) for _, outcome in through_queues.outcomes] == [
        codec.encode(outcome) for _, outcome in usual.outcomes
    ]


async def test_one_cold_hop_anywhere_changes_nothing(clean: Given) -> None:
    usual = await travel(clean)
    for cooled in EventName:

        def once(name: EventName, payload: Any, at: EventName = cooled) -> Any:
            return cold(name, payload) if name is at else payload

        assert (await travel(clean, hop=once)).effect() == usual.effect(), cooled


async def test_the_same_document_gives_the_same_bytes(given: Given) -> None:
    first, second = await travel(given), await travel(given)
    assert [codec.encode(outcome) for _, outcome in first.outcomes] == [
        codec.encode(outcome) for _, outcome in second.outcomes
    ]


async def test_every_document_comes_to_an_end_with_a_report(given: Given) -> None:
    journey = await travel(given)
    assert [name.value for name in journey.events if name is not EventName.CLASSIFICATION_NEEDS_REVIEW] == PIPELINE
    assert journey.finished
    assert journey.report is not None
    assert journey.search is not None
    assert journey.metrics["pipeline.finalized"] == 1


async def test_every_payload_is_what_the_wire_expects(given: Given) -> None:
    for _, outcome in (await travel(given)).outcomes:
        for emission in [*outcome.events, *(one for wish in outcome.locks for one in (*wish.held, *wish.busy))]:
            body = codec.encode(emission.payload)
            assert codec.encode(codec.decoder(PAYLOAD_OF[emission.name])(body)) == body
            if emission.name is not EventName.PIPELINE_REQUESTED:
                assert emission.key == f"{given.doc_id}:{KEY_SUFFIX[emission.name]}"


async def test_a_report_is_the_wires_own_and_says_something(given: Given) -> None:
    report = (await travel(given)).report
    assert report is not None
    body = codec.encode(report)
    assert codec.decoder(AuditReport)(body) == report
    assert "null" not in {json.dumps(value) for value in json.loads(body)["summary"].values()}
    summary = report.summary
    assert summary.title.strip() and summary.summary.strip()
    assert summary.key_metrics and all(one.metric.strip() and one.insight.strip() for one in summary.key_metrics)
    assert all(line.strip() for line in summary.actionable_insights)
    assert report.generated_at == "2026-01-15T12:00:00.000Z"


async def test_a_report_has_advice_unless_there_is_nothing_to_do(given: Given) -> None:
    report = (await travel(given)).report
    assert report is not None
    document = report.documents[0]
    wrong = document.status != "OK" or document.doc.status in ("ocr_needed", "error")
    assert bool(report.summary.actionable_insights) >= wrong


async def test_debits_are_credits_and_both_reach_the_report(given: Given) -> None:
    journey = await travel(given)
    assert journey.report is not None
    entries = journey.report.ledger_entries or []
    sides = {side: sum((one.amount for one in entries if one.type == side), Decimal(0)) for side in "DC"}
    assert sides["D"] == sides["C"]
    assert sum(row[4] for row in journey.tables.get("ledger", []) if row[3] == "D") == sides["D"] * 100
    assert len(journey.tables.get("taxes", [])) == len(journey.report.tax_apportion or [])


@pytest.mark.parametrize("late", [EventName.LEDGER_READY, EventName.TAX_READY])
async def test_either_half_of_the_reconciliation_may_come_first(given: Given, late: EventName) -> None:
    usual, other = await travel(given), await travel(given, late={late: 1})
    assert set(other.events) == set(usual.events)
    assert other.effect() == usual.effect()
    assert other.events.count(EventName.RECON_DONE) == 1


async def test_an_erroneous_document_stays_in_the_totals() -> None:
    journey = await travel(xml("vnf_divergente.xml"))
    assert journey.report is not None
    assert journey.report.documents[0].status == "ERRO"
    metrics = journey.report.aggregated_metrics
    assert isinstance(metrics, dict)
    assert metrics["total"] == Decimal("357.28")
    assert metrics["debits"] == metrics["credits"] > 0
    assert journey.tables["taxes"]


FINAL_STATES = {
    "35180834128745000152550010000476051695511860-nfe.xml": "done",
    "vnf_divergente.xml": "done",
    "pair of lists": "done",
    "cte_exemplo.xml": "unsupported",
    "noise": "unsupported",
    "scan": "ocr_needed",
    "pdf": "ocr_needed",
    "empty": "unreadable",
    "truncated": "unreadable",
    "container": "done",
    "refused container": "unreadable",
}


@pytest.mark.parametrize("name", FINAL_STATES)
async def test_a_document_rests_in_the_state_its_report_tells(name: str) -> None:
    journey = await travel(EVERYTHING[name])
    assert journey.facts["state"] == FINAL_STATES[name]
    unreadable = FINAL_STATES[name] == "unreadable"
    assert (journey.facts.get("error_code") is not None) == unreadable
    assert journey.facts["risk"] == 99 if unreadable else journey.facts["risk"] < 99


@pytest.mark.parametrize("name", ["scan", "noise", "cte_exemplo.xml", "container"])
async def test_what_no_rule_looked_at_has_no_score(name: str) -> None:
    report = (await travel(EVERYTHING[name])).report
    assert report is not None
    assert b'"score"' not in codec.encode(report)
    assert report.recon_report and report.recon_report.summary == "Sem lançamentos nem tributos a conciliar"


async def test_a_repeated_key_is_a_duplicate(clean: Given) -> None:
    note = (await MemoryContext(given=clean).extract(clean.facts())).note
    assert note is not None
    twin = Twin(access_key=note.access_key, digest=note.digest, medium="xml", order=1, bookable=True)
    around = Surroundings(tables=official(), twins=(twin,), order=2, moment="2026-01-15T12:00:00.000Z")
    journey = await travel(clean, context=MemoryContext(given=clean, around=around))
    assert journey.facts["state"] == "duplicate"
    first = Surroundings(tables=official(), twins=(twin,), order=0, moment="2026-01-15T12:00:00.000Z")
    assert (await travel(clean, context=MemoryContext(given=clean, around=first))).facts["state"] == "done"


async def around(given: Given, **earlier: Any) -> Surroundings:
    """What a document meets that shares its key with an earlier one."""
    note = (await MemoryContext(given=given).extract(given.facts())).note
    assert note is not None
    stated = {
        "value": note.value,
        "issuer": note.issuer.id,
        "recipient": note.recipient.id,
        "issue_date": note.issue_date,
    }
    twin = Twin(**{"access_key": note.access_key, "digest": note.digest, "order": 1, **stated, **earlier})
    return Surroundings(tables=official(), twins=(twin,), order=2, moment="2026-01-15T12:00:00.000Z")


@pytest.mark.parametrize("hop", [cold, warm])
@pytest.mark.parametrize(
    ("name", "earlier", "state", "severity", "booked"),
    [
        ("header alone", {"medium": "xml", "bookable": True}, "done", "INFO", False),
        ("pair of lists", {"medium": "xml", "bookable": True}, "done", "INFO", False),
        ("pair of lists", {"medium": "list", "bookable": True}, "duplicate", "INFO", False),
        ("pair of lists", {"medium": "xml", "bookable": True, "value": Decimal(1)}, "duplicate", "ERRO", False),
        (CLEAN, {"medium": "list", "bookable": True, "digest": "e" * 64}, "done", "INFO", False),
        (CLEAN, {"medium": "xml", "bookable": False}, "done", "INFO", True),
        (CLEAN, {"medium": "xml", "bookable": False, "digest": "e" * 64}, "done", "ERRO", True),
        (CLEAN, {"medium": "xml", "bookable": True, "digest": "e" * 64}, "duplicate", "ERRO", False),
    ],
)
async def test_only_what_adds_nothing_or_contradicts_rests_as_a_duplicate(
    name: str, earlier: dict[str, Any], state: str, severity: str, booked: bool, hop: Any
) -> None:
    given = EVERYTHING[name]
    journey = await travel(given, context=MemoryContext(given=given, around=await around(given, **earlier)), hop=hop)
    found = [(row[2]) for row in journey.tables["findings"] if row[1] == "DUP-01"]
    assert (journey.facts["state"], found) == (state, [severity])
    assert bool(journey.facts["entries"]) == booked


async def test_a_doubtful_note_between_others_waits_for_nobody() -> None:
    given = EVERYTHING["header alone"]
    own = Companies([Company(cnpj="99888777000166", name="Terceira")])
    for hop in (cold, warm):
        journey = await travel(given, context=MemoryContext(given=given, companies=own), hop=hop)
        assert (journey.facts["state"], journey.facts["role"]) == ("done", "third")
        assert Decimal(journey.facts["confidence"]) < Decimal("0.65")
        assert EventName.CLASSIFICATION_NEEDS_REVIEW not in journey.events
        assert journey.report is not None
        advice = journey.report.summary.actionable_insights
        assert any(line.startswith("LED-00: ") and "terceiros" in line for line in advice)
        assert not any(line.startswith("Confira a classificação") for line in advice)
    assert (await travel(given)).facts["state"] == "needs_review"


async def test_a_note_of_the_test_environment_says_why_it_is_not_booked(clean: Given) -> None:
    content = clean.content.replace(b"<tpAmb>1</tpAmb>", b"<tpAmb>2</tpAmb>", 1)
    journey = await travel(Given(name="homologacao.xml", content=content))
    assert (journey.facts["state"], journey.facts["entries"]) == ("done", 0)
    assert [row[1:3] for row in journey.tables["findings"]] == [("IDE-06", "INFO")]
    assert journey.report is not None
    assert "não é escriturada" in journey.report.documents[0].inconsistencies[0].explanation
    assert journey.report.summary.actionable_insights == [
        "LED-00: Não escriturada: Ambiente de homologação, sem valor fiscal"
    ]


async def test_a_total_written_with_an_exponent_is_told_plainly(clean: Given) -> None:
    content = clean.content.replace(b"<vNF>610.37</vNF>", b"<vNF>1e5</vNF>", 1)
    journey = await travel(Given(name="expoente.xml", content=content))
    assert journey.facts["total"] == "100000"
    assert journey.report is not None
    told = codec.encode(journey.report).decode().replace("1e5 de vNF", "")
    assert "100.000,00" in told and "E+5" not in told and "1e5" not in told


async def test_a_doubtful_document_is_reported_and_put_before_a_person(clean: Given) -> None:
    note = (await MemoryContext(given=clean).extract(clean.facts())).note
    assert note is not None and note.issuer.id and note.recipient.id
    own = Companies([Company(cnpj=note.issuer.id, name="A"), Company(cnpj=note.recipient.id, name="B")])
    journeys = [await travel(clean, context=MemoryContext(given=clean, companies=own), hop=hop) for hop in (cold, warm)]
    for journey in journeys:
        assert journey.events.count(EventName.CLASSIFICATION_NEEDS_REVIEW) == 1
        assert journey.metrics["needs_review"] == 1
        assert journey.facts["state"] == "needs_review"
        assert journey.report is not None
        assert journey.report.summary.actionable_insights[-1].startswith("Confira a classificação")
    assert journeys[0].effect() == journeys[1].effect()


async def test_a_note_between_others_is_audited_and_enters_no_books(clean: Given) -> None:
    own = Companies([Company(cnpj="99888777000166", name="Terceira")])
    for hop in (cold, warm):
        journey = await travel(clean, context=MemoryContext(given=clean, companies=own), hop=hop)
        assert (journey.facts["state"], journey.facts["role"], journey.facts["entries"]) == ("done", "third", 0)
        assert journey.report is not None and not journey.report.ledger_entries and not journey.report.tax_apportion
    assert (await travel(clean)).facts["entries"] > 0


async def test_a_half_that_comes_back_from_the_dead_meets_its_sister(clean: Given) -> None:
    """The other side was kept under run 0; the requeued one carries run 1."""

    def requeued(event: Event) -> Event:
        if event.name is not EventName.TAX_READY:
            return event
        return msgspec.structs.replace(event, run=1, repeated=True)

    usual, requeued_journey = await travel(clean), await travel(clean, rebuilt=requeued)
    assert requeued_journey.effect() == usual.effect()


async def test_the_planner_asks_for_one_lock_a_document(clean: Given) -> None:
    journey = await travel(clean)
    (wish,) = journey.outcomes[0][1].locks
    assert wish.name == f"lock:doc:{clean.doc_id}"
    assert requested(clean).key == wish.busy[0].key.removesuffix(f":{clean.doc_id}")


async def test_kept_keys_live_as_long_as_the_contract_says(clean: Given) -> None:
    doc = clean.doc_id
    lives = {key: put.ttl_s for key, put in (await travel(clean)).keys.items() if not put.local}
    assert lives == {f"ingest:{doc}:trace-0001": 3_600, f"report:{doc}": 604_800, f"assistant:{doc}": 604_800}
