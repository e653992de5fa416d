"""A7 Reconciliation: the ledger half and the tax half of a document meet; whichever comes second speaks for both.

The half that comes first is kept in the same commit. Should both be worked on at once, the commit of the later one finds that what it
read has changed, and it runs again.
"""

from __future__ import annotations

import msgspec

from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, KeyDelete, KeyPut, Outcome
from engine.agents.payload import carried
from engine.contract import keys
from engine.contract.events import EventName
from engine.contract.payloads import LedgerReady, ReconDone, ReconIssue, ReconReport, TaxReady
from engine.fiscal.reconciliation import Half, Reconciliation, merge


class _Waiting(msgspec.Struct, frozen=True):
    """A kept half: which side it is, so that a repeated one never meets itself."""

    side: str
    half: Half


_decode = msgspec.json.Decoder(_Waiting).decode


async def handle(event: Event, context: Context) -> Outcome:
    """Keep the first half, merge with the second."""
    payload: LedgerReady | TaxReady = event.payload
    half = carried(payload.half, Half)
    key = keys.half(event.doc_id, event.trace_id, event.run)
    stored = await context.lookup.value(key, local=True)
    waiting = None if stored is None else _decode(stored)
    if waiting is None or waiting.side == event.name.value:
        return Outcome(puts=(KeyPut(key=key, value=_Waiting(event.name.value, half), ttl_s=keys.HALF_S, local=True),))
    merged = merge(waiting.half, half)
    recon = _report(event.doc_id, context.now, merged)
    done = ReconDone(audit=msgspec.structs.replace(payload.audit, recon_report=recon), recon=recon, extraction=payload.extraction)
    return Outcome(
        events=(Emission(name=EventName.RECON_DONE, doc_id=event.doc_id, payload=done, key=f"{event.doc_id}:recon"),),
        deletes=(KeyDelete(key=key, local=True),),
    )


def _report(doc_id: str, now: str, merged: Reconciliation) -> ReconReport:
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
        summary=merged.summary(),
    )
