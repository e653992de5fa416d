"""Own companies and manual corrections: the viewpoint from which documents are read."""

from __future__ import annotations

from typing import NamedTuple

from store import driver
from store.transaction import Transaction


class Company(NamedTuple):
    """A row of `company`."""

    cnpj: str
    name: str | None
    regime: str | None
    uf: str | None
    cnae: str | None


class Correction(NamedTuple):
    """A person's decision that sticks: operations of this issuer, CFOP and NCM are to be read so."""

    issuer: str
    cfop: str
    ncm: str
    operation: str


def put(tx: Transaction, now: int, tenant: str, company: Company) -> None:
    """Add or change an own company."""
    tx.execute("INSERT OR REPLACE INTO company(tenant,cnpj,name,regime,uf,cnae,added) VALUES(?,?,?,?,?,?,?)", (tenant, *company, now))
    tx.touch("companies")


def remove(tx: Transaction, tenant: str, cnpj: str) -> bool:
    """Remove an own company. True if there was one."""
    tx.touch("companies")
    return tx.execute("DELETE FROM company WHERE tenant=? AND cnpj=?", (tenant, cnpj)).rowcount > 0


def everyone(connection: Transaction | driver.Connection, tenant: str) -> list[Company]:
    """A tenant's own companies."""
    rows = connection.execute("SELECT cnpj, name, regime, uf, cnae FROM company WHERE tenant=? ORDER BY cnpj", (tenant,)).fetchall()
    return [Company._make(row) for row in rows]


def corrections(connection: Transaction | driver.Connection, tenant: str) -> list[Correction]:
    """A tenant's corrections."""
    rows = connection.execute("SELECT issuer, cfop, ncm, operation FROM correction WHERE tenant=? ORDER BY 1,2,3", (tenant,)).fetchall()
    return [Correction._make(row) for row in rows]
