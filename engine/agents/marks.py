"""What an agent found that a later one needs and the wire has no field for: marks among the report's free metrics."""

from __future__ import annotations

import msgspec

from engine.contract.payloads import AuditReport

#: The document's key is known, and it brings something all the same: further evidence, or the authorisation.
ADDS = "addsToEarlier"
#: Audited and nothing else, so that no person need look at its classification: a note between third parties, of an office that has companies
#: of its own; or evidence of a note that is in the books by an earlier document.
AUDIT_ONLY = "auditOnly"


def marked(audit: AuditReport, mark: str) -> AuditReport:
    """The report with the mark."""
    return msgspec.structs.replace(audit, aggregated_metrics={**(audit.aggregated_metrics or {}), mark: True})


def is_marked(audit: AuditReport, mark: str) -> bool:
    """Whether the report carries the mark."""
    return (audit.aggregated_metrics or {}).get(mark) is True
