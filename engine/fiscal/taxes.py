"""The taxes of a note, apportioned: what is owed or recovered, to whom, by CFOP, CST and rate.

Per tax the rows of one set of books sum exactly to the items' own leaves; leaves with more than two decimals are
rounded half up one by one before they are summed, never the sum. Nothing is computed from rates: the audit rules do
that.

Direction: what leaves owes (`débito`), what enters recovers (`crédito`) where `engine.fiscal.books` says so, and a
returned sale gives its taxes back. The rest is `informativo`: taxes of Simples and MEI, taxes of the supplier on what
gives no credit, duties settled at customs, mere records, and IBS, CBS and IS in their test year. Taxes an earlier stage
withheld have no rows at all (`tax_kinds`). Most lists carry no tax leaves, so they have no rows and say why.
"""

from __future__ import annotations

from collections.abc import Generator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, Literal

import msgspec

from engine.fiscal.amounts import leaf_cents
from engine.fiscal.books import Books, books_of, kept_out, moves
from engine.fiscal.classification import Classification
from engine.fiscal.note import Item, Note
from engine.fiscal.operations import Direction, Operation, Purpose, Treatment
from engine.fiscal.reasons import Reason
from engine.fiscal.tax_kinds import KINDS, Kind, Place, Tax, WireType, methodology, wire_type

Bearing = Literal["débito", "crédito", "informativo"]

#: Never part of what these books settle by period: the supplier's statements, customs duties, the test year of the
#: reform.
_STATED: Final = frozenset({Tax.ICMS_SN, Tax.II, Tax.IS, Tax.IBS_UF, Tax.IBS_MUN, Tax.CBS})
#: Inside the DAS of Simples and MEI.
_UNIFIED: Final = frozenset(
    {Tax.ICMS, Tax.FCP, Tax.PIS, Tax.COFINS, Tax.ISS, Tax.DIFAL, Tax.DIFAL_ORIGIN, Tax.FCP_DEST}
)
#: Due on revenue only, which a transfer between establishments is not.
_ON_REVENUE: Final = frozenset({Tax.PIS, Tax.COFINS, Tax.ISS, Tax.DIFAL, Tax.DIFAL_ORIGIN, Tax.FCP_DEST, Tax.ICMS_MONO})
_ORDER: Final = {tax: position for position, tax in enumerate(Tax)}
_FOREIGN: Final = "EX"
#: Items between two breaths of `apportioning`.
_STEP: Final = 50


class Apportionment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row: integer cents, the rate as text without idle zeros; `jurisdiction` is BR, UF:SP, MUN:3550308 or EX."""

    tax: Tax
    jurisdiction: str
    direction: Bearing
    cfop: str
    cst: str
    rate: str
    basis_cents: int
    tax_cents: int
    #: Identifier of the establishment whose books these are.
    owner: str

    @property
    def wire_type(self) -> WireType:
        """The contract's word for the tax."""
        return wire_type(self.tax)

    @property
    def methodology(self) -> str:
        """In Portuguese, as it is stored and sent."""
        return methodology(self.tax)


class Apportioned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All rows of one note, or the reason why there are none."""

    rows: tuple[Apportionment, ...] = ()
    refusal: Reason | None = None


def apportion(note: Note, classification: Classification) -> Apportioned:
    """Apportion the taxes of a note to every set of books it enters."""
    steps = apportioning(note, classification)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            done: Apportioned = end.value
            return done


def apportioning(note: Note, classification: Classification) -> Generator[None, None, Apportioned]:
    """`apportion` in steps of about a millisecond, for whoever shares a loop: a note may hold 990 items."""
    refused = kept_out(note, classification)
    if refused is None and note.medium == "list" and not any(item.taxes for item in note.items):
        refused = Reason(code="no_tax_leaves")
    if refused is not None:
        return Apportioned(refusal=refused)
    rows: list[Apportionment] = []
    for books in books_of(note, classification):
        cube = _Cube(note, books)
        for number, (item, treatment) in enumerate(zip(note.items, books.treatments, strict=True), 1):
            cube.add(item, treatment)
            if number % _STEP == 0:
                yield
        rows += cube.rows()
    return Apportioned(rows=tuple(rows))


_Key = tuple[Tax, str, Bearing, str, str, str]


class _Cube:
    """The taxes of one note in one set of books."""

    def __init__(self, note: Note, books: Books) -> None:
        self._books = books
        self._cells: dict[_Key, list[int]] = {}
        self._bearings: dict[Treatment, dict[Tax, Bearing]] = {}
        self._places = _places(note)

    def rows(self) -> list[Apportionment]:
        """The cells in the order of the taxes, whatever the order of the items."""
        cells = sorted(self._cells.items(), key=lambda cell: (_ORDER[cell[0][0]], *cell[0][1:]))
        return [
            Apportionment(
                tax=tax,
                jurisdiction=jurisdiction,
                direction=bearing,
                cfop=cfop,
                cst=cst,
                rate=rate,
                basis_cents=basis,
                tax_cents=cents,
                owner=self._books.owner,
            )
            for (tax, jurisdiction, bearing, cfop, cst, rate), (basis, cents) in cells
        ]

    def add(self, item: Item, treatment: Treatment) -> None:
        """Count the taxes of one item."""
        cfop = item.cfop or ""
        bearings = self._bearings.get(treatment)
        if bearings is None:
            bearings = self._bearings[treatment] = {}
        for name, group in item.taxes.items():
            values = group.values
            for kind in KINDS.get(name, ()):
                if kind.value in values:
                    cents, basis = leaf_cents(values[kind.value]), _basis(kind, values)
                    if cents or basis:
                        bearing = bearings.get(kind.tax)
                        if bearing is None:
                            bearing = bearings[kind.tax] = self._bearing(kind.tax, treatment)
                        self._count(kind, bearing, cfop, values, cents, basis)

    def _count(self, kind: Kind, bearing: Bearing, cfop: str, values: dict[str, str], cents: int, basis: int) -> None:
        cst = values.get(kind.cst) or values.get("CSOSN") or ""
        if "orig" in values:
            cst = values["orig"] + cst
        rate = values.get(kind.rate)
        place = self._jurisdiction(kind.place, values, bearing)
        key = (kind.tax, place, bearing, cfop, cst, _rate(rate) if rate else "")
        cell = self._cells.get(key)
        if cell is None:
            self._cells[key] = [basis, cents]
        else:
            cell[0] += basis
            cell[1] += cents

    def _bearing(self, tax: Tax, treatment: Treatment) -> Bearing:
        books, (operation, purpose) = self._books, treatment
        if tax in _STATED or purpose is Purpose.RECORD or (books.unified and tax in _UNIFIED):
            return "informativo"
        if tax in _ON_REVENUE and moves(treatment):
            return "informativo"
        shipped = purpose is Purpose.RETURN_OF_SHIPMENT or operation is Operation.OUTROS
        returned = operation is Operation.DEVOLUCAO and not shipped
        leaving = books.direction is Direction.OUT
        if leaving and returned:
            return "débito" if books.recovers(tax.value, treatment) else "informativo"
        if leaving or operation is Operation.VENDA:
            return "débito"
        if returned:
            return "crédito"
        return "crédito" if books.recovers(tax.value, treatment) else "informativo"

    def _jurisdiction(self, place: Place, values: dict[str, str], bearing: Bearing) -> str:
        if place is Place.ORIGIN and bearing == "crédito" and self._books.uf:
            return f"UF:{self._books.uf}"
        if place is Place.SERVICE:
            city = values.get("cMun") or values.get("cMunFG")
            return f"MUN:{city}" if city else self._places[place]
        return self._places[place]


def _basis(kind: Kind, values: dict[str, str]) -> int:
    for leaf in kind.bases:
        if leaf in values:
            return leaf_cents(values[leaf])
    return 0


def _places(note: Note) -> dict[Place, str]:
    origin = note.issuer.uf or ""
    destination = note.recipient.uf or origin
    consumption = note.identification.text("cMunFGIBS") or note.recipient.city or note.issuer.city or ""
    return {
        Place.ORIGIN: f"UF:{origin}",
        Place.DESTINATION: _FOREIGN if destination == _FOREIGN else f"UF:{destination}",
        Place.SERVICE: f"MUN:{note.identification.text('cMunFG') or note.issuer.city or ''}",
        Place.CONSUMPTION_STATE: _FOREIGN if destination == _FOREIGN else f"UF:{destination}",
        Place.CONSUMPTION_CITY: f"MUN:{consumption}",
        Place.UNION: "BR",
    }


@lru_cache(maxsize=4096)
def _rate(text: str) -> str:
    """The rate without idle zeros, so that 18.00 and 18.0000 are one row; text that is no number stays as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > len(text):
        return text
    return f"{value.normalize():f}"
