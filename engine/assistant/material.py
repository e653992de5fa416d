"""What an answer is made of: a document's report and the rows that came of the same run, as they are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from engine.contract import codec, keys
from engine.contract.calls import Prepared
from engine.contract.payloads import AuditReport, ReconIssue
from engine.fiscal.findings import Finding
from store import driver, kv
from store.kv import Namespace
from store.records import documents, results
from store.records.documents import Document
from store.transaction import Transaction

#: What A9 names its knowledge where the key has expired: the index does not.
UNKNOWN_VERSION = "fts/v1"
PREPARED = "SELECT max(ended) FROM step WHERE doc=? AND stage='A9' AND status=1"

_report = codec.decoder(AuditReport)
_prepared = codec.decoder(Prepared)
_row = codec.decoder(dict[str, Any])
_finding = msgspec.json.Decoder(Finding).decode


class Item(NamedTuple):
    """A line of the note; `place` counts from 0, `number` is what the note calls it."""

    place: int
    number: int
    row: dict[str, Any]

    def amount(self, column: str) -> Decimal | None:
        """A column as a number, `None` where the item does not state it."""
        value = self.row.get(column)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return None
        return value if isinstance(value, Decimal) else Decimal(value)

    def text(self, column: str) -> str:
        """A column as text."""
        value = self.row.get(column)
        return value if isinstance(value, str) else ""


class Entry(NamedTuple):
    """A ledger entry in integer cents."""

    place: int
    account: str
    name: str
    side: str
    cents: int
    company: str


class Due(NamedTuple):
    """A row of the apportionment in integer cents."""

    place: int
    tax: str
    jurisdiction: str
    bearing: str
    cfop: str
    rate: str
    basis: int
    cents: int
    company: str


class Material(NamedTuple):
    """Everything an answer may say of a document."""

    document: Document
    report: AuditReport
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]
    taxes: tuple[Due, ...]
    #: The value of `assistant:{docId}`, and when A9 last ran where that key has expired.
    prepared: Prepared | None
    prepared_ms: int | None

    @property
    def issues(self) -> list[ReconIssue]:
        """What the reconciliation found."""
        recon = self.report.recon_report
        return [] if recon is UNSET else recon.issues

    @property
    def stale(self) -> bool:
        """Whether the knowledge was prepared from another report than this one."""
        return self.prepared is not None and self.prepared.watermark not in (UNSET, self.report.generated_at)


def load(
    connection: Transaction | driver.Connection, doc: str, now: int, blob: Callable[[bytes], bytes]
) -> Material | None:
    """Read a document; `None` where there is no such document or it has no report yet. `now` is the wall clock. Raises `Damaged`."""
    document = documents.find(connection, doc)
    stored = None if document is None else results.find_report(connection, document.tenant, doc)
    if document is None or stored is None:
        return None
    content = results.content(stored, blob, lambda body: hashlib.sha256(body).digest())
    entry = kv.get(connection, now, Namespace.STATE, keys.assistant(doc))
    ran = connection.execute(PREPARED, (doc,)).fetchone()

    def rows(table: results.Table) -> list[tuple[Any, ...]]:
        return results.rows(connection, table, document.tenant, doc)

    return Material(
        document=document,
        report=_report(content),
        items=tuple(Item(row[0], row[1], _row(row[-1])) for row in rows(results.ITEMS)),
        findings=tuple(_finding(row[-1]) for row in rows(results.FINDINGS)),
        entries=tuple(Entry(row[0], row[1], row[2], row[3], row[4], row[6] or "") for row in rows(results.LEDGER)),
        taxes=tuple(
            Due(row[0], row[1], row[2], row[3], row[4] or "", row[6] or "", row[7], row[8], row[10] or "")
            for row in rows(results.TAXES)
        ),
        prepared=_knowledge(entry, blob),
        prepared_ms=None if ran is None else ran[0],
    )


def _knowledge(entry: kv.Entry | None, blob: Callable[[bytes], bytes]) -> Prepared | None:
    """The key's value; one that a person wrote by hand and that does not fit says nothing."""
    if entry is None:
        return None
    try:
        return _prepared(blob(entry.sha) if entry.sha is not None else entry.value or b"")
    except codec.Unreadable:
        return None
