"""A6 Ledger: balanced entries, and every tax by the jurisdiction it is due to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from engine.agents.context import Context
from engine.agents.outcome import DocumentFacts, Emission, Event, Outcome, Rows
from engine.agents.payload import carried, extraction_of
from engine.contract.events import EventName
from engine.contract.payloads import (
    AccountingEntry,
    AuditReport,
    ClassificationReady,
    LedgerEntry,
    LedgerReady,
    TaxApportion,
    TaxReady,
)
from engine.fiscal.classification import Classification, classify
from engine.fiscal.ledger import Booking, book
from engine.fiscal.money import from_cents
from engine.fiscal.note import Note
from engine.fiscal.reasons import Reason
from engine.fiscal.reconciliation import Half, ledger_half, taxes_half
from engine.fiscal.rules import Surroundings
from engine.fiscal.taxes import Apportioned, apportioning

#: Apportioned from the document's own figures.
CERTAIN = Decimal(1)


async def handle(event: Event, context: Context) -> Outcome:
    """Book the note and apportion its taxes; each half of the reconciliation goes its own way to A7."""
    ready: ClassificationReady = event.payload
    note = (await extraction_of(ready.extraction, context)).note
    if note is None:
        return _emptyhanded(event, ready)
    if ready.viewpoint is UNSET:
        verdict = classify(note, *await context.lookup.viewpoint())
    else:
        verdict = carried(ready.viewpoint, Classification)
    repeated = None if verdict.audit_only else _repeated(note, await context.lookup.surroundings())
    booking = book(note, verdict) if repeated is None else Booking(refusal=repeated)
    await context.breathe()
    apportioned = await _apportioned(note, verdict, context) if repeated is None else Apportioned(refusal=repeated)
    audit = _booked(ready.audit, event.doc_id, booking, apportioned)
    return Outcome(
        events=_events(event, audit, ready.extraction, ledger_half(note, booking), taxes_half(note, apportioned)),
        records=(
            DocumentFacts(
                values={"debits": booking.debits, "credits": booking.credits, "entries": len(booking.entries)}
            ),
            Rows(table="ledger", rows=_ledger_rows(note, booking)),
            Rows(table="taxes", rows=_tax_rows(note, apportioned)),
        ),
    )


def _repeated(note: Note, surroundings: Surroundings) -> Reason | None:
    """Why a note is not booked although it could be: an earlier document with its key is."""
    key = note.access_key
    booked = key is not None and any(twin.bookable and twin.access_key == key for twin in surroundings.twins)
    return Reason(code="repeated") if booked else None


async def _apportioned(note: Note, verdict: Classification, context: Context) -> Apportioned:
    work = apportioning(note, verdict)
    while True:
        try:
            next(work)
        except StopIteration as done:
            apportioned: Apportioned = done.value
            return apportioned
        await context.breathe()


def _emptyhanded(event: Event, ready: ClassificationReady) -> Outcome:
    nothing = Half(status="OK")
    bare = msgspec.structs.replace(ready.audit, ledger_entries=[], tax_apportion=[])
    return Outcome(events=_events(event, bare, ready.extraction, nothing, nothing))


def _events(event: Event, audit: AuditReport, extraction: Any, ledger: Half, taxes: Half) -> tuple[Emission, ...]:
    entries = audit.ledger_entries or []
    apportionments = audit.tax_apportion or []
    doc = event.doc_id
    return (
        Emission(
            name=EventName.LEDGER_READY,
            doc_id=doc,
            payload=LedgerReady(audit=audit, ledger_entries=entries, half=ledger, run=event.run, extraction=extraction),
            key=f"{doc}:ledger",
        ),
        Emission(
            name=EventName.TAX_READY,
            doc_id=doc,
            payload=TaxReady(audit=audit, tax_apportion=apportionments, half=taxes, run=event.run, extraction=extraction),
            key=f"{doc}:tax",
        ),
    )


def _booked(audit: AuditReport, doc: str, booking: Booking, apportioned: Apportioned) -> AuditReport:
    name = audit.documents[0].doc.name
    return msgspec.structs.replace(
        audit,
        accounting_entries=[
            AccountingEntry(
                doc_id=doc, doc_name=name, account=f"{entry.account} {entry.name}", type=entry.type, value=from_cents(entry.cents)
            )
            for entry in booking.entries
        ],
        ledger_entries=[
            LedgerEntry(
                doc_id=doc,
                entry_id=f"{doc}:{place}",
                account=entry.account,
                type=entry.type,
                amount=from_cents(entry.cents),
                memo=entry.memo,
            )
            for place, entry in enumerate(booking.entries)
        ],
        tax_apportion=[
            TaxApportion(
                doc_id=doc,
                tax_type=row.wire_type,
                jurisdiction=row.jurisdiction,
                basis_amount=from_cents(row.basis_cents),
                tax_amount=from_cents(row.tax_cents),
                confidence=CERTAIN,
                methodology=row.methodology,
            )
            for row in apportioned.rows
        ],
    )


def _ledger_rows(note: Note, booking: Booking) -> list[tuple[Any, ...]]:
    period = _period(note)
    return [
        (place, entry.account, entry.name, entry.type, entry.cents, period, entry.owner, entry.memo)
        for place, entry in enumerate(booking.entries)
    ]


def _tax_rows(note: Note, apportioned: Apportioned) -> list[tuple[Any, ...]]:
    period = _period(note)
    return [
        (
            place, row.tax.value, row.jurisdiction, row.direction, row.cfop, row.cst, row.rate,
            row.basis_cents, row.tax_cents, period, row.owner,
        )
        for place, row in enumerate(apportioned.rows)
    ]  # fmt: skip


def _period(note: Note) -> str | None:
    """Fiscal month of exits; an entry moves to its own date when one is known."""
    date = note.issue_date
    return None if date is None else date[:7]
