"""A3 Normalizer: rows with the stable keys, and the document's record with what is now known of it."""

from __future__ import annotations

from typing import Any

from engine.agents.a02_ocr_parser import needs_eyes
from engine.agents.context import Context
from engine.agents.outcome import DocumentFacts, Emission, Event, Outcome, Record, Rows
from engine.agents.payload import encoded, extraction_of
from engine.contract.events import EventName
from engine.contract.payloads import NormalizedDocument, NormalizedLine, ParsedDocument
from engine.extraction.result import Extraction, Facts
from engine.fiscal.books import refusal
from engine.fiscal.findings import UNREADABLE_RISK
from engine.fiscal.identifiers import AccessKey
from engine.fiscal.money import cents
from engine.fiscal.note import Item, Note

VERSION = "nexus-normalizer/1"


async def handle(event: Event, context: Context) -> Outcome:
    """Normalise what was parsed; a document without rows goes on as well, to a report that says why."""
    parsed: ParsedDocument = event.payload
    extraction = await extraction_of(parsed.extraction, context)
    now = context.now
    structured = parsed.structured_data or []
    lines = [] if needs_eyes(parsed) else [
        NormalizedLine(
            line_id=line.line_id, doc_id=event.doc_id, sequence=place, values=line.values, normalized_at=now, issues=line.warnings or []
        )
        for place, line in enumerate(structured)
    ]
    await context.breathe()
    records: list[Record] = [DocumentFacts(values=columns(extraction))]
    if extraction.note is not None:
        records.append(Rows(table="items", rows=_items(extraction.note, lines)))
    normalized = NormalizedDocument(
        doc=parsed.doc, lines=lines, normalization_version=VERSION, normalized_at=now, extraction=extraction
    )
    return Outcome(
        events=(Emission(name=EventName.DOC_NORMALIZED, doc_id=event.doc_id, payload=normalized, key=f"{event.doc_id}:normalized"),),
        records=tuple(records),
    )


def columns(extraction: Extraction) -> dict[str, Any]:
    """The document record's columns that the bytes themselves tell."""
    if extraction.note is not None:
        return _note_columns(extraction.note)
    if extraction.facts is not None:
        return _fact_columns(extraction.facts)
    if extraction.error is not None:
        problem = extraction.error
        return {
            "error_code": problem.code, "error": problem.message, "error_arguments": encoded(problem.arguments).decode(), "risk": UNREADABLE_RISK,
        }  # fmt: skip
    return {}


def _note_columns(note: Note) -> dict[str, Any]:
    value = note.value
    key = AccessKey.parse(note.access_key)
    return {
        "access_key": note.access_key, "number_key": None if key is None else key.number_identity,
        "number": note.number, "series": note.series, "issued": note.issued_at, "period": _period(note.issue_date),
        "issuer": note.issuer.id, "issuer_name": note.issuer.name, "issuer_uf": note.issuer.uf,
        "recipient": note.recipient.id, "recipient_name": note.recipient.name, "recipient_uf": note.recipient.uf,
        "total": None if value is None else f"{value:f}", "items": len(note.items),
        "cfops": " ".join(note.cfops()), "ncms": " ".join(note.ncms()),
        "digest": note.digest, "medium": note.medium, "environment": note.identification.text("tpAmb"),
        "bookable": refusal(note) is None,
    }  # fmt: skip


def _fact_columns(facts: Facts) -> dict[str, Any]:
    issuer, recipient = facts.issuer, facts.recipient
    event = facts.event
    return {
        "access_key": facts.access_key, "number": facts.number, "series": facts.series,
        "issued": facts.issued_at, "period": _period((facts.issued_at or "")[:10] or None),
        "issuer": issuer and issuer.id, "issuer_name": issuer and issuer.name, "issuer_uf": issuer and issuer.uf,
        "recipient": recipient and recipient.id, "recipient_name": recipient and recipient.name, "recipient_uf": recipient and recipient.uf,
        "total": facts.total, "cfops": " ".join(facts.cfops),
        "event": None if event is None else "|".join(part or "" for part in (event.type, event.sequence, event.status, event.target)),
        "span": None if facts.range is None else "|".join(facts.range),
    }  # fmt: skip


def _period(date: str | None) -> str | None:
    """The fiscal month, from the date as written in the document."""
    return None if date is None or len(date) < 7 else date[:7]


def _items(note: Note, lines: list[NormalizedLine]) -> list[tuple[Any, ...]]:
    return [(line.sequence, *_item(item, line.values)) for item, line in zip(note.items, lines, strict=True)]


def _item(item: Item, row: dict[str, Any]) -> tuple[Any, ...]:
    product = item.product
    total = product.decimal("vProd")
    return (
        item.number, product.text("cProd"), product.text("xProd"), item.ncm, item.cfop, product.text("uCom"),
        product.text("qCom"), product.text("vUnCom"), None if total is None else cents(total), encoded(row),
    )  # fmt: skip
