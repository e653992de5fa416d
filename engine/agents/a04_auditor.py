"""A4 Auditor: every rule over the note; findings as records, and the wire's inconsistencies in Portuguese."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from engine.agents.context import Context
from engine.agents.marks import ADDS, AUDIT_ONLY, marked
from engine.agents.outcome import DocumentFacts, Emission, Event, Outcome, Rows
from engine.agents.payload import encoded, extraction_of
from engine.agents.wording import opening
from engine.contract.events import EventName
from engine.contract.payloads import (
    AuditDone,
    AuditedDocument,
    AuditReport,
    Document,
    Inconsistency,
    KeyMetric,
    NormalizedDocument,
    Summary,
)
from engine.extraction.result import Extraction
from engine.extraction.wording import in_english
from engine.fiscal import rules
from engine.fiscal.findings import UNREADABLE_RISK, Finding, Severity, risk, status


async def handle(event: Event, context: Context) -> Outcome:
    """Audit the note, or say why there is none."""
    normalized: NormalizedDocument = event.payload
    extraction = await extraction_of(normalized.extraction, context)
    findings = await _audit(extraction, context)
    points = UNREADABLE_RISK if extraction.state == "unreadable" else risk(findings)
    verdict = status(findings)
    total = None if extraction.note is None else extraction.note.value
    audited = AuditedDocument(
        doc=normalized.doc,
        status=verdict,
        score=_score(extraction, points),
        inconsistencies=[_inconsistency(finding) for finding in findings],
    )
    report = AuditReport(
        trace_id=event.trace_id,
        doc_id=event.doc_id,
        summary=_summary(normalized.doc, len(normalized.lines), extraction, findings),
        documents=[audited],
        aggregated_metrics={"lineCount": len(normalized.lines), **({} if total is None else {"total": total})},
        generated_at=context.now,
    )
    if rules.adds(findings):
        report = marked(report, ADDS)
    if rules.is_evidence(findings):
        report = marked(report, AUDIT_ONLY)
    errors = sum(finding.severity is Severity.ERRO for finding in findings)
    alerts = sum(finding.severity is Severity.ALERTA for finding in findings)
    facts: dict[str, Any] = {"status": verdict, "risk": points, "errors": errors, "alerts": alerts}
    done = AuditDone(audit=report, extraction=extraction)
    return Outcome(
        events=(Emission(name=EventName.AUDIT_DONE, doc_id=event.doc_id, payload=done, key=f"{event.doc_id}:audit"),),
        records=(DocumentFacts(values=facts), Rows(table="findings", rows=_rows(findings))),
    )


def _score(extraction: Extraction, points: int) -> Decimal | UnsetType:
    """1 is clean; a document that no rule looked at has no score."""
    if extraction.note is None and extraction.state != "unreadable":
        return UNSET
    return max(Decimal(0), 1 - Decimal(points) / 100)


async def _audit(extraction: Extraction, context: Context) -> tuple[Finding, ...]:
    if extraction.error is not None and extraction.state == "unreadable":
        problem = extraction.error
        return (rules.unreadable(problem, in_english(problem.code, problem.arguments)),)
    if extraction.note is None:
        return ()
    surroundings = await context.lookup.surroundings()
    found: list[Finding] = []
    for step in rules.steps(extraction.note, surroundings):
        found.extend(step)
        await context.breathe()
    return rules.in_order(found)


def _rows(findings: tuple[Finding, ...]) -> list[tuple[Any, ...]]:
    return [
        (place, finding.code, finding.severity.value, finding.item, encoded(finding)) for place, finding in enumerate(findings)
    ]


def _inconsistency(finding: Finding) -> Inconsistency:
    legal = rules.legal(finding.code)
    base: dict[str, str] = {} if legal is None else {"normative_base": legal}
    return Inconsistency(
        code=finding.code,
        message=rules.describe(finding.code, "pt"),
        explanation=rules.render(finding, "pt"),
        severity=finding.severity.value,
        **base,
    )


def _summary(document: Document, lines: int, extraction: Extraction, findings: tuple[Finding, ...]) -> Summary:
    total = None if extraction.note is None else extraction.note.value
    value = [] if total is None else [KeyMetric(metric="Valor Total", value=total, insight="vNF, como escrito no documento.")]
    return Summary(
        title=f"Relatório {document.name}",
        summary=opening(document.name, lines, extraction, findings),
        key_metrics=[
            KeyMetric(
                metric="Linhas Normalizadas", value=lines, insight="Quantidade total de linhas estruturadas após a normalização."
            ),
            KeyMetric(
                metric="Inconsistências", value=len(findings), insight="Apontamentos das regras de auditoria, de qualquer gravidade."
            ),
            *value,
        ],
        actionable_insights=[],
        strategic_recommendations=[],
    )
