"""Each agent alone: what it returns for one event, and that it touches nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from engine.agents.a10_observability import final_state, is_doubtful
from engine.agents.marks import ADDS, AUDIT_ONLY, marked
from engine.agents.outcome import Event, Finished, KeyDelete, Outcome, ReportText
from engine.agents.wording import advice
from engine.contract import codec
from engine.contract.codec import Unreadable
from engine.contract.events import EventName
from engine.contract.payloads import (
    AuditedDocument,
    AuditReport,
    Classification,
    Document,
    Inconsistency,
    Kind,
    ParsedDocument,
    PipelineRequested,
    Summary,
)
from engine.fiscal.classification import classify
from tests.engine.agents.conftest import EVERYTHING, xml
from tests.engine.agents.memory import TENANT, TRACE, Given, MemoryContext, cold, event_of, handle, requested, travel


async def reached(given: Given, name: EventName) -> Event:
    """The event of that name on the document's way."""
    journey = await travel(given)
    for _, outcome in journey.outcomes:
        for emission in [*outcome.events, *(one for wish in outcome.locks for one in wish.held)]:
            if emission.name is name:
                return event_of(emission)
    raise LookupError(name)


@pytest.mark.parametrize("name", [name for name in EventName if name is not EventName.CLASSIFICATION_NEEDS_REVIEW])
async def test_an_agent_is_pure(clean: Given, name: EventName) -> None:
    event = requested(clean) if name is EventName.PIPELINE_REQUESTED else await reached(clean, name)
    context = MemoryContext(given=clean)
    before = codec.encode(event)
    first = codec.encode(await handle(event, context))
    assert codec.encode(await handle(event, context)) == first
    assert codec.encode(await handle(event, MemoryContext(given=clean))) == first
    assert codec.encode(event) == before
    assert not context.values


async def test_the_planner_comes_back_to_a_locked_document_alone(clean: Given) -> None:
    other = xml("nfce.xml")
    request = PipelineRequested(trace_id=TRACE, tenant_id=TENANT, documents=[clean.document(), other.document()])
    outcome = await handle(msgspec.structs.replace(requested(clean), payload=request), MemoryContext(given=clean))
    assert not outcome.events
    assert [wish.held[0].doc_id for wish in outcome.locks] == [clean.doc_id, other.doc_id]
    for wish, given in zip(outcome.locks, (clean, other), strict=True):
        (comeback,) = wish.busy
        assert comeback.again and comeback.delay_ms == 60_000
        assert comeback.key == f"{TRACE}:pipeline:{given.doc_id}"
        assert [document.doc_id for document in comeback.payload.documents] == [given.doc_id]
        assert comeback.payload.trace_id == TRACE
        assert comeback.doc_id == TRACE


async def test_a_comeback_may_come_back_again_under_the_same_key(clean: Given) -> None:
    context = MemoryContext(given=clean)
    (wish,) = (await handle(requested(clean), context)).locks
    (again,) = (await handle(event_of(wish.busy[0], run=1), context)).locks
    assert again == wish


async def test_a_repeated_delivery_re_emits_what_was_parsed(clean: Given) -> None:
    event = await reached(clean, EventName.DOC_INGESTED)
    context = MemoryContext(given=clean)
    first = await handle(event, context)
    context.commit(first)
    assert context.extractions == 1
    second = await handle(msgspec.structs.replace(event, repeated=True), context)
    assert context.extractions == 1
    assert second.metrics == (("cached", 1),)
    assert not second.puts and not second.records
    assert codec.encode(second.events) == codec.encode(first.events)


async def test_a_first_delivery_and_an_expired_cache_are_parsed(clean: Given) -> None:
    event = await reached(clean, EventName.DOC_INGESTED)
    context = MemoryContext(given=clean)
    context.commit(await handle(event, context))
    await handle(event, context)
    assert context.extractions == 2
    fresh = MemoryContext(given=clean)
    outcome = await handle(msgspec.structs.replace(event, repeated=True), fresh)
    assert fresh.extractions == 1
    assert not outcome.metrics


@pytest.mark.parametrize("name", [EventName.DOC_PARSED, EventName.DOC_NORMALIZED, EventName.AUDIT_DONE, EventName.REPORT_READY])
async def test_an_event_of_foreign_make_is_worked_from_the_bytes(clean: Given, name: EventName) -> None:
    event = await reached(clean, name)
    foreign = msgspec.structs.replace(event, payload=msgspec.structs.replace(event.payload, extraction=UNSET))
    context = MemoryContext(given=clean)
    assert codec.encode((await handle(foreign, context)).records) == codec.encode((await handle(event, context)).records)
    assert context.extractions == 1


async def test_a_classification_of_foreign_make_is_booked(clean: Given) -> None:
    event = await reached(clean, EventName.CLASSIFICATION_READY)
    bare = msgspec.structs.replace(event.payload, extraction=UNSET, viewpoint=UNSET)
    context = MemoryContext(given=clean)
    outcome = await handle(msgspec.structs.replace(event, payload=bare), context)
    assert codec.encode(outcome.records) == codec.encode((await handle(event, context)).records)


async def halves(given: Given) -> tuple[Event, Event]:
    return await reached(given, EventName.LEDGER_READY), await reached(given, EventName.TAX_READY)


async def kept(event: Event, context: MemoryContext) -> Outcome:
    outcome = await handle(event, context)
    context.commit(outcome)
    return outcome


@pytest.mark.parametrize("name", ["vnf_divergente.xml", "v4_ComLocalRetirada.xml", "cte_exemplo.xml", "pair of lists"])
async def test_the_second_half_speaks_for_both_whatever_the_order(name: str) -> None:
    given = EVERYTHING[name]
    ledger, tax = await halves(given)
    spoken = []
    for first, second in ((ledger, tax), (tax, ledger)):
        context = MemoryContext(given=given)
        waiting = await kept(first, context)
        assert not waiting.events
        (put,) = waiting.puts
        assert put.local and put.ttl_s is None
        done = await kept(second, context)
        assert done.deletes == (KeyDelete(key=put.key, local=True),)
        assert not context.values
        spoken.append(codec.encode(done.events))
    assert spoken[0] == spoken[1]


async def test_a_half_never_meets_itself(clean: Given) -> None:
    ledger, tax = await halves(clean)
    context = MemoryContext(given=clean)
    first = await kept(ledger, context)
    again = await kept(msgspec.structs.replace(ledger, repeated=True), context)
    assert again == first
    assert len((await kept(tax, context)).events) == 1


async def test_halves_of_two_bookings_do_not_mix(clean: Given) -> None:
    ledger, tax = await halves(clean)
    context = MemoryContext(given=clean)
    await kept(ledger, context)
    rebooked = msgspec.structs.replace(tax, run=1, payload=msgspec.structs.replace(tax.payload, run=1))
    assert not (await kept(rebooked, context)).events
    assert len(context.values) == 2


async def test_a_wish_for_review_is_counted_and_ends(clean: Given) -> None:
    event = await reached(clean, EventName.CLASSIFICATION_READY)
    asked = Event(
        name=EventName.CLASSIFICATION_NEEDS_REVIEW, trace_id=TRACE, doc_id=clean.doc_id, payload=event.payload, key="", tenant=TENANT
    )
    outcome = await handle(asked, MemoryContext(given=clean))
    assert outcome == Outcome(metrics=(("needs_review", 1),))


async def test_the_report_is_a_record_and_its_key_a_reference(clean: Given) -> None:
    outcome = await handle(await reached(clean, EventName.RECON_DONE), MemoryContext(given=clean))
    (record,) = outcome.records
    assert isinstance(record, ReportText)
    (put,) = outcome.puts
    assert put.value == {"ref": f"report:{clean.doc_id}"}


async def test_the_assistant_names_what_it_made_and_from_what(clean: Given) -> None:
    outcome = await handle(await reached(clean, EventName.REPORT_READY), MemoryContext(given=clean))
    (put,) = outcome.puts
    assert put.value == {
        "docId": clean.doc_id, "embeddingsVersion": "fts/v1", "preparedAt": "2026-01-15T12:00:00.000Z", "ftsRows": 1,
        "findings": 0, "watermark": "2026-01-15T12:00:00.000Z",
    }  # fmt: skip


async def test_the_end_is_counted_once_and_lets_go(clean: Given) -> None:
    outcome = await handle(await reached(clean, EventName.ASSISTANT_READY), MemoryContext(given=clean))
    assert outcome.metrics == (("pipeline.finalized", 1),)
    assert Finished() in outcome.records
    assert not outcome.events


async def test_a_payload_of_another_shape_never_reaches_an_agent(clean: Given) -> None:
    with pytest.raises(Unreadable):
        cold(EventName.DOC_PARSED, clean.document())


def audited(
    status: str = "parsed", codes: tuple[str, ...] = (), confidence: str | None = "0.9", marks: tuple[str, ...] = ()
) -> AuditReport:
    values: dict[str, Any] = {"status": status}
    classification = None if confidence is None else _classified(confidence)
    document = AuditedDocument(
        doc=Document(
            doc_id="d", tenant_id="t", source="upload", kind=Kind.NFE_XML, name="n", size_bytes=0, uploaded_at="x", **values
        ),
        status="OK",
        inconsistencies=[Inconsistency(code=code, message="m", explanation="e", severity="INFO") for code in codes],
        classification=UNSET if classification is None else classification,
    )
    report = AuditReport(
        trace_id=TRACE,
        doc_id="d",
        summary=Summary(title="t", summary="s", key_metrics=[], actionable_insights=[]),
        documents=[document],
        generated_at="x",
    )
    for mark in marks:
        report = marked(report, mark)
    return report


def _classified(confidence: str) -> Classification:
    return Classification(operation_type="Venda", business_sector="x", confidence=Decimal(confidence))


@pytest.mark.parametrize(
    ("document", "state"),
    [
        (audited(), "done"),
        (audited(confidence=None), "done"),
        (audited(confidence="0"), "done"),
        (audited(confidence="0.64"), "needs_review"),
        (audited(confidence="0.65"), "done"),
        (audited(codes=("TOT-20", "DUP-01")), "duplicate"),
        (audited(codes=("DUP-01",), confidence="0.3"), "duplicate"),
        (audited(codes=("DUP-01",), marks=(ADDS,)), "done"),
        (audited(codes=("DUP-01",), confidence="0.3", marks=(ADDS,)), "needs_review"),
        (audited(confidence="0.3", marks=(AUDIT_ONLY,)), "done"),
        (audited(codes=("DUP-01",), confidence="0.3", marks=(AUDIT_ONLY,)), "duplicate"),
        (audited(status="ocr_needed", confidence="0"), "ocr_needed"),
        (audited(status="unsupported", confidence="0"), "unsupported"),
        (audited(status="error", confidence="0", codes=("XML-01",)), "unreadable"),
    ],
)
def test_where_a_document_comes_to_rest(document: AuditReport, state: str) -> None:
    assert final_state(document) == state


def test_only_a_confidence_between_nothing_and_the_threshold_is_doubtful() -> None:
    assert [is_doubtful(audited(confidence=share)) for share in ("0", "0.01", "0.6499", "0.65", "1")] == [False, True, True, False, False]


@pytest.mark.parametrize(("confidence", "events"), [("0.64", 2), ("0.65", 1)])
async def test_below_the_threshold_the_classifier_emits_both(
    clean: Given, confidence: str, events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await reached(clean, EventName.AUDIT_DONE)

    def judged(*arguments: Any) -> Any:
        return msgspec.structs.replace(classify(*arguments), confidence=Decimal(confidence))

    monkeypatch.setattr("engine.agents.a05_classifier.classify", judged)
    outcome = await handle(event, MemoryContext(given=clean))
    assert [one.name for one in outcome.events] == [
        EventName.CLASSIFICATION_READY, EventName.CLASSIFICATION_NEEDS_REVIEW
    ][:events]  # fmt: skip
    if events == 2:
        assert outcome.events[1].payload.doc_name == clean.name
        assert outcome.events[1].payload.audit == outcome.events[0].payload.audit


def test_advice_names_a_rule_once_errors_first() -> None:
    def found(code: str, severity: Any, text: str) -> Inconsistency:
        return Inconsistency(code=code, message="m", explanation=text, severity=severity)

    lines = advice(
        [
            found("A-1", "ALERTA", "a"), found("B-1", "ERRO", "b"), found("A-1", "ALERTA", "c"), found("C-1", "INFO", "d"),
            found("A-1", "ERRO", "e"),
        ]
    )  # fmt: skip
    assert lines == ["B-1: b", "A-1: e", "A-1: a (e mais 1)"]


async def test_parsing_keeps_rows_and_names_its_version(clean: Given) -> None:
    (emission,) = (await handle(await reached(clean, EventName.DOC_INGESTED), MemoryContext(given=clean))).events
    parsed: ParsedDocument = emission.payload
    assert parsed.parser_version and parsed.ocr_applied is False
    assert [line.line_id for line in parsed.structured_data or []] == [f"{clean.doc_id}:line:{place}" for place in range(4)]
