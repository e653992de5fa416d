"""The office's own companies: from whose books a document is looked at.

Owns the match of a party's identifier with a company; branches share the first eight characters of the CNPJ (its root).
It stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

ROOT_LENGTH = 8
CNPJ_LENGTH = 14


class Regime(StrEnum):
    """How a company is taxed; the values are what the user writes in its profile."""

    #: Simples Nacional (LC 123/2006): one DAS, no credits.
    SIMPLES = "simples"
    #: Microempreendedor individual, the Simples in fixed amounts.
    MEI = "mei"
    #: Lucro presumido: ICMS and IPI by account, PIS and COFINS cumulative (no credits).
    PRESUMIDO = "presumido"
    #: Lucro real: PIS and COFINS non-cumulative.
    REAL = "real"

    @property
    def unified(self) -> bool:
        """Pays one unified amount, so that its documents create neither tax due nor credit."""
        return self in (Regime.SIMPLES, Regime.MEI)


class Company(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One own company, by its CNPJ (or the CPF of a rural producer); regime, UF and main CNAE as far as known."""

    cnpj: str
    name: str
    regime: Regime | None = None
    uf: str | None = None
    #: Subclass, digits only or as printed (4711-3/02).
    cnae: str | None = None


class Companies:
    """The own companies of a tenant, ready to be asked about an identifier."""

    __slots__ = ("_exact", "_roots")

    def __init__(self, companies: Iterable[Company] = ()) -> None:
        self._exact: dict[str, Company] = {}
        self._roots: dict[str, Company] = {}
        for company in companies:
            self._exact.setdefault(company.cnpj, company)
            if len(company.cnpj) == CNPJ_LENGTH:
                self._roots.setdefault(company.cnpj[:ROOT_LENGTH], company)

    def of(self, identifier: str | None) -> Company | None:
        """The establishment itself, else a company of the same root; `None` for others and masked identifiers."""
        if not identifier or not self._exact:
            return None
        own = self._exact.get(identifier)
        if own is None and len(identifier) == CNPJ_LENGTH:
            return self._roots.get(identifier[:ROOT_LENGTH])
        return own

    def __len__(self) -> int:
        return len(self._exact)


def same_root(one: str | None, other: str | None) -> bool:
    """Both are CNPJs of one legal person."""
    return (
        one is not None
        and other is not None
        and len(one) == len(other) == CNPJ_LENGTH
        and one[:ROOT_LENGTH] == other[:ROOT_LENGTH]
    )
