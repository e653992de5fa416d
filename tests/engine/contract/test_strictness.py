"""What the wire must not carry is refused; what it may carry besides is dropped."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from engine.contract import calls, codec, envelope
from engine.contract.codec import Unreadable
from engine.contract.events import EventName
from engine.contract.payloads import (
    PAYLOAD_OF,
    AuditReport,
    Classification,
    Document,
    KeyMetric,
    LedgerEntry,
    ParsedDocument,
    PipelineRequested,
    Summary,
    TaxApportion,
)
from tests.engine.contract.conftest import captured

EVENTS: dict[str, dict[str, Any]] = {
    entry["ev"]["name"]: entry["ev"] for entry in captured("events.json") if entry["ev"]["payload"]
}
DOCUMENT: dict[str, Any] = EVENTS["evt.doc.ingested"]["payload"]
REPORT: dict[str, Any] = captured("calls.json")["report"]


def changed(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy with the field at a dotted path set, or taken away if `new` is `...`."""
    copied = copy.deepcopy(value)
    at: Any = copied
    *way, last = path.split(".")
    for step in way:
        at = at[int(step)] if step.isdecimal() else at[step]
    if new is ...:
        del at[last]
    else:
        at[last] = new
    return copied


def test_unknown_keys_are_dropped_at_every_depth() -> None:
    foreign = changed(changed(DOCUMENT, "shade", 1), "meta.mood", "x")
    assert codec.decoder(Document)(codec.encode(foreign)) == codec.decoder(Document)(codec.encode(DOCUMENT))


def test_an_absent_option_stays_absent_and_is_never_null() -> None:
    written = codec.encode(codec.decoder(Document)(codec.encode(DOCUMENT)))
    assert b"checksum" not in written
    assert b"storageUrl" not in written


def test_a_flag_that_is_false_is_written() -> None:
    parsed = ParsedDocument(doc=codec.decoder(Document)(codec.encode(DOCUMENT)), parsed_at="x", parser_version="y")
    assert b'"ocrApplied":false' in codec.encode(parsed)


def test_rows_hold_any_json() -> None:
    row = {"a": None, "b": [1, Decimal("2.50")], "c": {"d": True}, "e": ""}
    decoded = codec.decoder(Document)(codec.encode({**DOCUMENT, "data": [row]}))
    assert decoded.data == [row]
    assert b"2.50" in codec.encode(decoded)


@pytest.mark.parametrize("digits", ["0", "10", "10.5", "10.50", "0.10", "1234567890123456789.123456789", "1E+3", "-0.01"])
def test_amounts_keep_their_digits(digits: str) -> None:
    body = f'{{"docId":"d","entryId":"e","account":"a","type":"D","amount":{digits},"currency":"BRL"}}'.encode()
    entry = codec.decoder(LedgerEntry)(body)
    assert entry.amount == Decimal(digits)
    assert codec.encode(entry) == body


@pytest.mark.parametrize("field", ["docId", "tenantId", "source", "kind", "name", "sizeBytes", "uploadedAt", "status"])
def test_a_document_without_a_required_field_is_refused(field: str) -> None:
    with pytest.raises(Unreadable, match=field):
        codec.decoder(Document)(codec.encode(changed(DOCUMENT, field, ...)))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        *[(field, None) for field in ("checksum", "storageUrl", "encoding", "meta", "data", "text", "error", "name")],
        ("sizeBytes", -1),
        ("sizeBytes", 1.5),
        ("sizeBytes", "10"),
        ("docId", 7),
        ("kind", "NFE"),
        ("source", "mail"),
        ("status", "done"),
        ("data", [[1]]),
        ("data", {"a": 1}),
        ("meta.tags", [1]),
        ("meta.tags", "a"),
        ("storageUrl", "/a/b"),
        ("storageUrl", "a b"),
    ],
)
def test_a_document_that_is_not_one_is_refused(path: str, wrong: Any) -> None:
    with pytest.raises(Unreadable):
        codec.decoder(Document)(codec.encode(changed(DOCUMENT, path, wrong)))


@pytest.mark.parametrize("url", ["r2://bucket/key", "https://a.example/b?c=d", "file:///tmp/a"])
def test_a_storage_url_is_any_absolute_one(url: str) -> None:
    assert codec.decoder(Document)(codec.encode({**DOCUMENT, "storageUrl": url})).storage_url == url


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("documents.0.score", Decimal("1.01")),
        ("documents.0.score", Decimal("-0.01")),
        ("documents.0.score", "NaN"),
        ("documents.0.score", None),
        ("documents.0.classification.confidence", 2),
        ("documents.0.classification.confidence", "sNaN"),
        ("documents.0.classification.confidence", ...),
        ("documents.0.classification.operationType", "Venda e compra"),
        ("documents.0.status", "RUIM"),
        ("documents.0.inconsistencies", [{"code": "A", "message": "b", "explanation": "c", "severity": "CRITICO"}]),
        ("documents.0.inconsistencies", None),
        ("summary.title", ""),
        ("summary.summary", ""),
        ("summary.keyMetrics.0.metric", ""),
        ("summary.keyMetrics.0.insight", ""),
        ("summary.keyMetrics.0.value", ""),
        ("summary.keyMetrics.0.value", None),
        ("summary.keyMetrics.0.value", ...),
        ("summary.actionableInsights", ...),
        ("summary.actionableInsights", [1]),
        ("reconReport.status", "INFO"),
        ("reconReport.issues", [{"code": "A", "description": "b", "severity": "ERRO"}]),
        ("reconReport", None),
        ("generatedAt", ...),
        ("ledgerEntries", None),
        ("aggregatedMetrics", []),
    ],
)
def test_a_report_that_is_not_one_is_refused(path: str, wrong: Any) -> None:
    with pytest.raises(Unreadable):
        codec.decoder(AuditReport)(codec.encode(changed(REPORT, path, wrong)))


@pytest.mark.parametrize("amount", ['"NaN"', '"Infinity"', '"-sNaN"', '"ten"', "null", "true", "[]", "1e9999999999999999999"])
def test_an_amount_is_a_number(amount: str) -> None:
    entry = f'{{"docId":"d","entryId":"e","account":"a","type":"D","amount":{amount},"currency":"BRL"}}'
    with pytest.raises(Unreadable):
        codec.decoder(LedgerEntry)(entry.encode())
    row = (
        f'{{"docId":"d","taxType":"ICMS","jurisdiction":"BR","basisAmount":1,"taxAmount":{amount},'
        f'"confidence":1,"methodology":"m"}}'
    )
    with pytest.raises(Unreadable):
        codec.decoder(TaxApportion)(row.encode())


@pytest.mark.parametrize("value", ["1e9999999999999999999", "[" * 200_000, '"\udcff"', "NaN", "1e"])
def test_a_row_from_outside_never_breaks_the_reader(value: str) -> None:
    body = codec.encode({**DOCUMENT, "data": [{"a": 0}]}).replace(b'"a":0', b'"a":' + value.encode(errors="surrogateescape"))
    with pytest.raises(Unreadable):
        codec.decoder(Document)(body)


def test_a_summary_in_the_engine_is_as_strict_as_on_the_wire() -> None:
    with pytest.raises(ValueError, match="value"):
        KeyMetric(metric="a", value="", insight="b")
    with pytest.raises(ValueError, match="confidence"):
        Classification(operation_type="Venda", business_sector="x", confidence=Decimal("1.5"))
    assert Summary(title="a", summary="b", key_metrics=[], actionable_insights=[])


HEADERS = {"traceId": "t", "docId": "d", "idempotencyKey": "k", "attempt": 0, "timestamp": "2026-11-23T16:36:50.942Z"}
BODY: dict[str, Any] = {"name": "evt.doc.ingested", "headers": HEADERS, "payload": {}, "version": 1}


@pytest.mark.parametrize(
    "moment", ["2026-11-23T16:36:50.942Z", "2026-11-23T16:36:50Z", "2026-11-23T16:36:50-03:00", "2026-11-23T16:36:50.1+00:00"]
)
def test_a_timestamp_has_a_t_and_an_offset(moment: str) -> None:
    assert envelope.decode(codec.encode(changed(BODY, "headers.timestamp", moment))).headers.timestamp == moment


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("headers.timestamp", "2026-11-23 16:36:50Z"),
        ("headers.timestamp", "2026-11-23T16:36:50"),
        ("headers.timestamp", "23/11/2026"),
        ("headers.timestamp", 1795455458),
        ("headers.attempt", -1),
        ("headers.attempt", "0"),
        ("headers.traceId", None),
        ("headers.docId", ...),
        ("headers.idempotencyKey", ...),
        ("headers", ...),
        ("name", "evt.doc"),
        ("payload", ...),
        ("version", 2),
    ],
)
def test_an_envelope_that_is_not_one_is_refused(path: str, wrong: Any) -> None:
    with pytest.raises(Unreadable):
        envelope.decode(codec.encode(changed(BODY, path, wrong)))


def test_options_are_the_three_known_ones() -> None:
    asked = {"traceId": "t", "tenantId": "a", "documents": [DOCUMENT], "options": {"priority": "high", "reprocess": False}}
    decoded = codec.decoder(PipelineRequested)(codec.encode(asked))
    assert codec.encode(decoded.options) == b'{"priority":"high","reprocess":false}'
    with pytest.raises(Unreadable):
        codec.decoder(PipelineRequested)(codec.encode(changed(asked, "options.priority", "urgent")))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [("documents", []), ("tenantId", ""), ("tenantId", ...), ("documents.0.sizeBytes", -1), ("documents.0.name", ...), ("source", "x")],
)
def test_an_ingest_request_that_is_not_one_is_refused(path: str, wrong: Any) -> None:
    with pytest.raises(Unreadable):
        codec.decoder(calls.IngestRequest)(codec.encode(changed(captured("calls.json")["ingest.request"], path, wrong)))


def test_every_event_has_a_payload_type() -> None:
    assert list(PAYLOAD_OF) == list(EventName)
