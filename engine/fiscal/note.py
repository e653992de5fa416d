"""The note: the normal form in which the fiscal mind reads an NF-e or NFC-e, whatever medium it came on.

A `Group` is one element of the official layout (prod, ICMS00, ICMSTot …) with the leaf names of the MOC and the document's own
text, so that a rule cites exactly what the law and the file say, no amount is rounded on the way, and a field added by a new layout needs no
new code. The text in a group is normalised in one way only: a decimal comma is written as a dot, and a `Remark` says so.

Extraction builds notes; this module knows no file format. Its values, like those of the whole fiscal mind and of the contract, are made once and hold no
cycles, so the garbage collector is told to leave them alone (`gc=False`): a note is two hundred of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal

import msgspec

ZERO = Decimal(0)
#: A written exponent beyond this is no amount, and sums with it would overflow.
LARGEST_EXPONENT = 30

Medium = Literal["xml", "list"]
IdentifierKind = Literal["cnpj", "cpf", "foreign", "masked"]


def number(text: str) -> Decimal | None:
    """A leaf's text as a number, `None` where it is none or beyond any amount. `1e5` is 100000, so that no exponent is shown to anyone."""
    return _short_number(text) if len(text) <= _REMEMBERED else _read_number(text)


def _read_number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value.adjusted()) > LARGEST_EXPONENT:
        return None
    return Decimal(f"{value:f}") if "e" in text or "E" in text else value


#: An amount is read by rows and several rules, and `0.00` by every item. Longer texts are not kept: none is an amount of the layouts.
_REMEMBERED = 24
_short_number = lru_cache(maxsize=4096)(_read_number)


class Group(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One element of the layout: its path in the source and the text of its leaves by their official names."""

    path: str
    values: dict[str, str] = {}

    def text(self, name: str) -> str | None:
        """The leaf's text, `None` where it is absent or blank."""
        return self.values.get(name) or None

    def decimal(self, name: str) -> Decimal | None:
        """The leaf as a number, `None` where it is absent or is no number (XML-02 speaks of the latter)."""
        text = self.values.get(name)
        if not text:
            return None
        return _short_number(text) if len(text) <= _REMEMBERED else _read_number(text)

    def amount(self, name: str) -> Decimal:
        """The leaf as a number, zero where it is absent."""
        value = self.decimal(name)
        return ZERO if value is None else value

    def where(self, name: str) -> str:
        """Path of the leaf in the source, for a finding."""
        return f"{self.path}/{name}"

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __bool__(self) -> bool:
        return bool(self.values)


class Party(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Issuer, recipient, carrier …: whole identifiers, never masked here."""

    id: str | None = None
    id_kind: IdentifierKind | None = None
    name: str | None = None
    uf: str | None = None
    #: IBGE code of the municipality, 7 digits.
    city: str | None = None
    state_registration: str | None = None
    #: All leaves of the element itself (CRT, indIEDest, IE …).
    group: Group
    #: All leaves of its address (UF, cMun, cPais …).
    address: Group


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One `det`: the product and one group for each tax, by the tax's official name.

    `product` holds sub-groups by path (`comb/cProdANP`, `rastro[2]/nLote`) and repeated leaves with their place (`NVE[2]`). `taxes["det"]` holds
    the det's own leaves (infAdProd, vItem). Other `taxes` keys: ICMS, IPI, PIS, PISST, COFINS, COFINSST, II, ISSQN, ICMSUFDest, IS, IBSCBS, impostoDevol, imposto (direct leaves
    such as vTotTrib). For taxes whose layout has a variant element (ICMS00, ICMSSN102, PISAliq, IPITrib …), the leaves are those of the variant and of its parent, and
    `variants` names it. Leaves below further sub-groups (IBSCBS/gIBSCBS/gIBSUF/pIBSUF) are keyed by their path below the group: `gIBSCBS/gIBSUF/pIBSUF`.
    """

    number: int
    product: Group
    taxes: dict[str, Group] = {}
    variants: dict[str, str] = {}
    path: str

    def tax(self, name: str) -> Group:
        """The group of a tax; empty (and false) where the item has none."""
        group = self.taxes.get(name)
        return group if group is not None and group.values else Group(path=f"{self.path}/imposto/{name}")

    @property
    def cfop(self) -> str | None:
        return self.product.text("CFOP")

    @property
    def ncm(self) -> str | None:
        return self.product.text("NCM")

    @property
    def counts_in_total(self) -> bool:
        """indTot: 1 or absent (layouts before it existed) counts."""
        return self.product.text("indTot") != "0"

    @property
    def is_service(self) -> bool:
        return "ISSQN" in self.taxes


class Protocol(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """protNFe/infProt: the authorisation."""

    group: Group

    @property
    def status(self) -> str | None:
        """cStat: 100/150 authorised, 101/151/155 cancelled, 110/205/301-303 denied."""
        return self.group.text("cStat")


class Remark(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What extraction noticed and a rule may turn into a finding, e.g. a decimal comma, a restored leading zero, an XSD error.

    `kind` is one of: decimal_comma, encoding_recovered, leading_zeros_restored, schema, schema_older (a version we hold no schema
    of), template, unpaired_header, unpaired_items. `arguments` feed the message.
    """

    kind: str
    path: str | None = None
    item: int | None = None
    found: str | None = None
    expected: str | None = None
    arguments: dict[str, str] = {}


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An NF-e (model 55) or NFC-e (model 65)."""

    family: Literal["nfe", "nfce"]
    medium: Medium
    #: infNFe/@versao; `None` for lists and where the document does not say.
    layout: str | None = None
    #: infNFe/@Id without its prefix, or the key column of a list; whatever was written, even if it is no valid key.
    access_key: str | None = None
    #: infNFe/@Id as written.
    identifier: str | None = None
    identification: Group
    issuer: Party
    recipient: Party
    #: Other parties by element name (transporta, autXML[1], retirada, entrega …).
    others: dict[str, Party] = {}
    items: tuple[Item, ...] = ()
    #: total/* by element name: ICMSTot, ISSQNtot, retTrib, ISTot, IBSCBSTot; `total` for direct leaves (vNFTot).
    totals: dict[str, Group] = {}
    #: transp, infAdic, cobr/fat, cobr/dup[1], pag/detPag[1] …, by path below infNFe; repeatable ones always carry their place.
    sections: dict[str, Group] = {}
    #: NFref: referenced access keys.
    references: tuple[str, ...] = ()
    protocol: Protocol | None = None
    #: sha256 (hex) of the canonical form of infNFe (lists: of the normalised core); the identity that DUP-01 compares.
    digest: str | None = None
    #: Signature/SignedInfo/Reference/DigestValue as written.
    signature_digest: str | None = None
    remarks: tuple[Remark, ...] = ()

    def total(self, name: str = "ICMSTot") -> Group:
        """A group of totals; empty (and false) where the document has none."""
        group = self.totals.get(name)
        return group if group is not None and group.values else Group(path=f"total/{name}")

    @property
    def issued_at(self) -> str | None:
        """dhEmi (or dEmi of layouts up to 2.00) as written."""
        return self.identification.text("dhEmi") or self.identification.text("dEmi")

    @property
    def issue_date(self) -> str | None:
        """The date as written in the document, `YYYY-MM-DD`: the fiscal month and the choice of law hang on it."""
        written = self.issued_at
        return written[:10] if written and len(written) >= 10 else None

    @property
    def number(self) -> str | None:
        return self.identification.text("nNF")

    @property
    def series(self) -> str | None:
        return self.identification.text("serie")

    @property
    def value(self) -> Decimal | None:
        """vNF."""
        return self.total().decimal("vNF")

    def cfops(self) -> list[str]:
        """Distinct CFOPs, sorted."""
        return sorted({item.cfop for item in self.items if item.cfop})

    def ncms(self) -> list[str]:
        """Distinct NCMs, sorted."""
        return sorted({item.ncm for item in self.items if item.ncm})

    def groups(self) -> Iterator[Group]:
        """Every group of the note in document order, for rules that look at all text."""
        yield self.identification
        for party in (self.issuer, self.recipient, *self.others.values()):
            yield party.group
            yield party.address
        for item in self.items:
            yield item.product
            yield from item.taxes.values()
        yield from self.totals.values()
        yield from self.sections.values()


def revive(value: Any) -> Note | None:
    """A note carried in a payload: the object itself while it is warm in memory, plain JSON values after a hop through a queue."""
    if value is None or isinstance(value, Note):
        return value
    return msgspec.convert(value, Note)
