"""A8 Reporting: the finished report, kept for years; documents whose classification wants a person's look are counted."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from engine.agents.a10_observability import is_doubtful
from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, KeyPut, Outcome, ReportText
from engine.agents.wording import UNREAD_NEXT, advice
from engine.contract import keys
from engine.contract.events import EventName
from engine.contract.payloads import AuditedDocument, AuditReport, ReconDone, ReportReady
from engine.fiscal.findings import Severity


async def handle(event: Event, context: Context, *, ttl_s: int = keys.REPORT_S) -> Outcome:
    """Finish the report of a reconciled document. A wish for review ends here: the document's own state will say it."""
    if event.name is EventName.CLASSIFICATION_NEEDS_REVIEW:
        return Outcome(metrics=(("needs_review", 1),))
    done: ReconDone = event.payload
    report = finished(done.audit, context.now)
    ready = ReportReady(audit=report, extraction=done.extraction)
    return Outcome(
        events=(Emission(name=EventName.REPORT_READY, doc_id=event.doc_id, payload=ready, key=f"{event.doc_id}:report"),),
        puts=(KeyPut(key=keys.report(event.doc_id), value={"ref": f"report:{event.doc_id}"}, ttl_s=ttl_s),),
        records=(ReportText(report=report),),
    )


def finished(audit: AuditReport, now: str) -> AuditReport:
    """The report with its figures and what to do about them."""
    document = audit.documents[0]
    counted = {severity.value: 0 for severity in Severity}
    for found in document.inconsistencies:
        counted[found.severity] += 1
    metrics: dict[str, Any] = {**(audit.aggregated_metrics or {}), "findings": counted}
    if audit.ledger_entries:
        metrics["debits"] = sum((entry.amount for entry in audit.ledger_entries if entry.type == "D"), start=0)
        metrics["credits"] = sum((entry.amount for entry in audit.ledger_entries if entry.type == "C"), start=0)
    summary = msgspec.structs.replace(audit.summary, actionable_insights=_insights(audit, document))
    return msgspec.structs.replace(audit, summary=summary, aggregated_metrics=metrics, generated_at=now)


def _insights(audit: AuditReport, document: AuditedDocument) -> list[str]:
    """What a person should do or know, the gravest first; a clean document needs nothing."""
    lines = advice(document.inconsistencies)
    if audit.recon_report is not UNSET:
        issues = audit.recon_report.issues
        # A note that is not booked has no taxes to apportion, for the same reason.
        known = {"TAX-00"} if any(issue.code == "LED-00" for issue in issues) else set()
        lines += [f"{issue.code}: {issue.description}" for issue in issues if issue.code not in known]
    if is_doubtful(audit):
        lines.append("Confira a classificação: a operação não ficou clara pelo próprio documento.")
    if document.doc.status in UNREAD_NEXT:
        lines.append(UNREAD_NEXT[document.doc.status])
    return lines
