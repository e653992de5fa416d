"""What the agents found out about a document: items, findings, ledger entries, taxes, the report. Each is replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from store import driver
from store.errors import Damaged
from store.transaction import Transaction


class Report(NamedTuple):
    """A stored report; `value` is `None` when it lies in the blob `sha`."""

    trace: str
    made: int
    sha: bytes
    size: int
    value: bytes | None


class Table(NamedTuple):
    """A table whose rows belong to one document and are written together."""

    name: str
    columns: tuple[str, ...]
    order: str

    @property
    def insert(self) -> str:
        return f"INSERT INTO {self.name}(tenant,doc,{','.join(self.columns)}) VALUES(?,?{',?' * len(self.columns)})"

    @property
    def delete(self) -> str:
        return f"DELETE FROM {self.name} WHERE tenant=? AND doc=?"

    @property
    def select(self) -> str:
        return f"SELECT {','.join(self.columns)} FROM {self.name} WHERE tenant=? AND doc=? ORDER BY {self.order}"


ITEMS = Table("item", ("place", "number", "code", "description", "ncm", "cfop", "unit", "quantity", "price", "total_cents", "row"), "place")
FINDINGS = Table("finding", ("place", "code", "severity", "item", "body"), "place")
LEDGER = Table("ledger", ("place", "account", "name", "side", "cents", "period", "company", "memo"), "place")
TAXES = Table("tax", ("place", "tax", "jurisdiction", "direction", "cfop", "cst", "rate", "basis_cents", "tax_cents", "period", "company"), "place")


def replace(tx: Transaction, table: Table, tenant: str, doc: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write a document's rows in place of what was there."""
    tx.execute(table.delete, (tenant, doc))
    if rows:
        tx.executemany(table.insert, [(tenant, doc, *row) for row in rows])


def rows(connection: Transaction | driver.Connection, table: Table, tenant: str, doc: str) -> list[tuple[Any, ...]]:
    """A document's rows in order, in the table's columns."""
    found: list[tuple[Any, ...]] = connection.execute(table.select, (tenant, doc)).fetchall()
    return found


def put_report(tx: Transaction, tenant: str, doc: str, report: Report) -> None:
    """Keep the report; it has no time to live."""
    tx.execute("INSERT OR REPLACE INTO report(tenant,doc,trace,made,sha,size,val) VALUES(?,?,?,?,?,?,?)", (tenant, doc, *report))
    tx.touch("reports")


def find_report(connection: Transaction | driver.Connection, tenant: str, doc: str) -> Report | None:
    """The document's report."""
    row = connection.execute("SELECT trace, made, sha, size, val FROM report WHERE tenant=? AND doc=?", (tenant, doc)).fetchone()
    return None if row is None else Report._make(row)


def content(report: Report, read: Callable[[bytes], bytes], digest: Callable[[bytes], bytes]) -> bytes:
    """The report's bytes, checked against its hash. `read` fetches a blob."""
    value = read(report.sha) if report.value is None else report.value
    if digest(value) != report.sha:
        raise Damaged(f"The report of trace {report.trace} does not match its hash.")
    return value
