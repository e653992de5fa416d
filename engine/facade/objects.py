"""The `--json` object of a document: one shape for every face. Amounts are text with a dot; what is not known is null."""

from __future__ import annotations

from typing import Any

from engine.facade.views import ErrorView, FindingView
from engine.fiscal.money import from_cents
from store.records.documents import Document


def document_object(document: Document, file: str, findings: tuple[FindingView, ...], error: ErrorView | None) -> dict[str, Any]:
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
