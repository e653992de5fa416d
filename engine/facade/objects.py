"""The `--json` objects: one shape for every face, and one name for one thing wherever it is told.

Amounts are text with a dot, times are the wire's (UTC, milliseconds, Z); what is not known is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.facade.views import DeadLetter, DocumentRow, ErrorView, FindingView, JobView, SearchHit
from engine.fiscal.money import from_cents
from engine.outside import iso

if TYPE_CHECKING:
    # Faces take the list objects from here, and help pages shall not pay for the database.
    from store.records.documents import Document


def document_object(
    document: Document, file: str, findings: tuple[FindingView, ...], error: ErrorView | None
) -> dict[str, Any]:
    """The object of one document; `file` is the path it came by, members behind a `!`."""
    value: dict[str, Any] = {
        "docId": document.doc,
        "traceId": document.trace,
        "file": file,
        "sha256": document.sha.hex(),
        "kind": document.kind,
        "family": document.family,
        "accessKey": document.access_key if document.medium or document.family not in ("nfe", "nfce") else None,
        "version": document.version,
        "number": document.number,
        "series": document.series,
        "issuedAt": document.issued,
        "issuer": {"id": document.issuer, "name": document.issuer_name, "uf": document.issuer_uf},
        "recipient": {"id": document.recipient, "name": document.recipient_name, "uf": document.recipient_uf},
        "total": document.total,
        "itemCount": document.items,
        "cfops": (document.cfops or "").split(),
        "ncms": (document.ncms or "").split(),
        "role": document.role,
        "operation": document.operation,
        "sector": document.sector,
        "confidence": None if document.confidence is None else float(document.confidence),
        "state": document.state,
        "status": document.status,
        "risk": document.risk,
        "findings": [finding_object(finding) for finding in findings],
        "ledger": {
            "debits": str(from_cents(document.debits or 0)),
            "credits": str(from_cents(document.credits or 0)),
            "entries": document.entries or 0,
        },
        "error": None if error is None else {"code": error.code, "message": error.message, "hint": error.hint},
    }
    if document.members is not None:
        value["members"] = document.members
    if document.event is not None:
        kind, sequence, status, target = document.event.split("|")
        value["event"] = {
            "type": kind or None,
            "sequence": int(sequence) if sequence.isdigit() else None,
            "cStat": status or None,
            "target": target or None,
        }
    if document.span is not None:
        value["range"] = document.span.split("|")
    return value


def finding_object(finding: FindingView) -> dict[str, Any]:
    """A finding as the object tells it."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "item": finding.item,
        "path": finding.path,
        "found": finding.found,
        "expected": finding.expected,
        "message": finding.message,
        "legal": finding.legal,
        "cstat": finding.cstat,
    }


def row_object(row: DocumentRow) -> dict[str, Any]:
    """A document as a list tells it: what its own object says, under the same names, its findings counted, and where it stands."""
    value: dict[str, Any] = {
        "docId": row.doc_id,
        "traceId": row.trace_id,
        "tenantId": row.tenant,
        "file": row.name,
        "family": row.family,
        "total": row.total,
        "state": row.state,
        "status": row.status,
        "errors": row.errors,
        "alerts": row.findings - row.errors,
        "stage": row.stage,
        "attempt": row.attempt,
        "maxAttempts": row.max_attempts,
        "retryAt": _moment(row.retry_at_ms),
        "addedAt": iso(row.added_ms),
        "finishedAt": _moment(row.finished_ms),
        "seq": row.seq,
    }
    if row.members is not None:
        value["members"] = row.members
    return value


def hit_object(hit: SearchHit) -> dict[str, Any]:
    """A document that a search found."""
    return {"docId": hit.doc_id, "file": hit.name, "snippet": hit.snippet}


def job_object(job: JobView) -> dict[str, Any]:
    """A job as a list tells it: the names are those of the value of `job:{traceId}`."""
    return {
        "jobId": job.id,
        "tenantId": job.tenant,
        "source": job.source,
        "status": job.status,
        "open": job.open,
        "createdAt": iso(job.created_ms),
        "updatedAt": iso(job.updated_ms),
        "counts": {"total": job.total, "finished": job.finished, "failed": job.failed, "skipped": job.skipped},
    }


def letter_object(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter; `history` holds an error for each attempt."""
    return {
        "id": letter.id,
        "queue": letter.queue,
        "docId": letter.document,
        "traceId": letter.trace,
        "file": letter.name,
        "error": {"code": letter.error_class, "message": letter.error},
        "attempts": letter.attempts,
        "deliveries": letter.deliveries,
        "run": letter.run,
        "createdAt": iso(letter.created_ms),
        "fingerprint": letter.fingerprint,
        "history": [
            {"at": iso(one["at"]), "error": {"code": one["error"], "message": one["message"]}} for one in letter.history
        ],
    }


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)
