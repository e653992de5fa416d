"""A7 Reconciliation: the ledger half and the tax half of a document meet; whichever comes second speaks for both.

The half that comes first is kept in the same commit. Should both be worked on at once, the commit of the later one finds that what it
read has changed, and it runs again. A half waits as long as it takes: its sister may lie in a paused queue or among the dead letters, and comes back
from there under a raised run; so both are known by the run of the booking they come from.
"""

from __future__ import annotations

import msgspec

from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, KeyDelete, KeyPut, Outcome
from engine.agents.payload import carried
from engine.contract import codec, keys
from engine.contract.events import EventName
from engine.contract.payloads import AuditReport, LedgerReady, ReconDone, ReconIssue, ReconReport, TaxReady
from engine.fiscal.reconciliation import Half, Reconciliation, merge

#: Agreement of nothing with nothing would be an empty claim.
NOTHING = "Sem lançamentos nem tributos a conciliar"


class _Waiting(msgspec.Struct, frozen=True, gc=False):
    """A kept half: which side it is, so that a repeated one never meets itself."""

    side: str
    half: Half


_decode = codec.decoder(_Waiting)


async def handle(event: Event, context: Context) -> Outcome:
    """Keep the first half, merge with the second."""
    payload: LedgerReady | TaxReady = event.payload
    half = carried(payload.half, Half)
    key = keys.half(event.doc_id, event.trace_id, payload.run or 0)
    stored = await context.lookup.value(key, local=True)
    waiting = None if stored is None else _decode(stored)
    if waiting is None or waiting.side == event.name.value:
        return Outcome(puts=(KeyPut(key=key, value=_Waiting(event.name.value, half), local=True),))
    merged = merge(waiting.half, half)
    recon = _report(event.doc_id, context.now, merged, payload.audit)
    done = ReconDone(audit=msgspec.structs.replace(payload.audit, recon_report=recon), recon=recon, extraction=payload.extraction)
    return Outcome(
        events=(Emission(name=EventName.RECON_DONE, doc_id=event.doc_id, payload=done, key=f"{event.doc_id}:recon"),),
        deletes=(KeyDelete(key=key, local=True),),
    )


def _report(doc_id: str, now: str, merged: Reconciliation, audit: AuditReport) -> ReconReport:
    booked = bool(audit.ledger_entries or audit.tax_apportion)
    return ReconReport(
        doc_id=doc_id,
        status=merged.status,
        reconciled_at=now,
        issues=[
            ReconIssue(
                code=issue.code, description=issue.description, severity=issue.severity.value, references=list(issue.references)
            )
            for issue in merged.issues
        ],
        summary=merged.summary() if booked or merged.status != "OK" else NOTHING,
    )
