"""From whose books a note is entered, whether it is entered at all, and which of its taxes those books owe or recover.

Shared by ledger and taxes, so that both say the same. A note between two own companies enters two sets of books; one
without an own company is looked at as its issuer does, unless the office has companies: then it enters none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.fiscal.classification import Classification, Role, received
from engine.fiscal.companies import Company, Regime
from engine.fiscal.note import Note, Party
from engine.fiscal.operations import Direction, Operation, Purpose, Treatment
from engine.fiscal.reasons import Reason

_AUTHORISED: Final = frozenset({"100", "150"})
_CANCELLED: Final = frozenset({"101", "151", "155"})
_DENIED: Final = frozenset({"110", "205", "301", "302", "303"})

#: Issuer's CRT: 1 Simples, 4 MEI. CRT 2 (Simples above the sub-limit) pays ICMS like 3.
_CRT: Final = {"1": Regime.SIMPLES, "4": Regime.MEI}

#: Purposes whose stated tax may be recovered (LC 87/96 arts. 20 and 33; RIPI art. 226; Leis 10.637/02 and 10.833/03
#: art. 3). Energy gives ICMS only to industries by apportionment, communication only to its own trade: neither is taken
#: without a person.
_MOVED: Final = frozenset({Purpose.SHIPMENT, Purpose.RETURN_OF_SHIPMENT, Purpose.GIFT})
_RECOVERABLE: Final[dict[str, frozenset[Purpose]]] = {
    "ICMS": frozenset({Purpose.PRODUCTION, Purpose.RESALE, Purpose.FIXED_ASSET, Purpose.TRANSPORT, Purpose.TRANSFER})
    | _MOVED,
    "IPI": frozenset({Purpose.PRODUCTION, Purpose.TRANSFER}) | _MOVED,
    "PIS": frozenset({Purpose.PRODUCTION, Purpose.RESALE, Purpose.SERVICE_INPUT, Purpose.ENERGY, Purpose.TRANSPORT}),
    "COFINS": frozenset({Purpose.PRODUCTION, Purpose.RESALE, Purpose.SERVICE_INPUT, Purpose.ENERGY, Purpose.TRANSPORT}),
}
_NON_CUMULATIVE: Final = frozenset({"PIS", "COFINS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """One set of books a note enters: whose they are, how it is taxed, and what each item is there."""

    #: Identifier of the establishment; empty where the document does not say.
    owner: str
    #: The party on the other side.
    partner: Party
    #: UF of the establishment as the note says, else of the company's profile.
    uf: str | None
    issuer: bool
    direction: Direction
    regime: Regime | None
    operation: Operation
    treatments: tuple[Treatment, ...]

    @property
    def unified(self) -> bool:
        """Simples or MEI: neither tax due nor credit by document."""
        return self.regime is not None and self.regime.unified

    def recovers(self, tax: str, treatment: Treatment) -> bool:
        """The tax stated on what comes in is a credit of these books; an unknown regime counts as lucro real."""
        if self.unified or (tax in _NON_CUMULATIVE and (self.regime is Regime.PRESUMIDO or moves(treatment))):
            return False
        allowed = _RECOVERABLE.get(tax)
        return allowed is not None and treatment.purpose in allowed


def moves(treatment: Treatment) -> bool:
    """A transfer between establishments, or one undone: no revenue, so neither PIS and COFINS nor DIFAL."""
    return treatment.operation is Operation.TRANSFERENCIA or treatment.purpose is Purpose.TRANSFER


def books_of(note: Note, classification: Classification) -> tuple[Books, ...]:
    """The books a note enters: one set, or two (the issuer's first) where both parties are own companies."""
    first = _books(
        note, classification.viewpoint == "issuer", classification.company, classification, classification.items
    )
    if classification.role is not Role.BOTH or note.issuer.id == note.recipient.id:
        return (first,)
    leaving = classification.direction is Direction.OUT
    final_consumer = note.identification.text("indFinal") == "1"
    cnae = classification.counterpart.cnae if classification.counterpart else None
    mirror = {given: received(given, leaving, final_consumer, cnae) for given in set(classification.items)}
    items = tuple(mirror[given] for given in classification.items)
    return first, _books(note, False, classification.counterpart, classification, items)


def refusal(note: Note) -> Reason | None:
    """Why a note must not be entered in any books, as far as it tells; lists carry no protocol and are entered."""
    if any(remark.kind == "template" for remark in note.remarks):
        return Reason(code="template")
    if note.identification.text("tpAmb") == "2":
        return Reason(code="homologation")
    if note.medium == "list":
        return None
    if note.protocol is None:
        return Reason(code="no_protocol")
    status = note.protocol.status
    if status in _AUTHORISED:
        return None
    code = "cancelled" if status in _CANCELLED else "denied" if status in _DENIED else "not_authorised"
    return Reason(code=code, arguments={"status": status or "–"})


def kept_out(note: Note, classification: Classification) -> Reason | None:
    """Why a note is not entered: what the note itself tells, or that it is between others than the own companies."""
    refused = refusal(note)
    if refused is None and classification.audit_only:
        return Reason(code="outside")
    return refused


def _books(
    note: Note, issuer: bool, company: Company | None, classification: Classification, treatments: tuple[Treatment, ...]
) -> Books:
    own, partner = (note.issuer, note.recipient) if issuer else (note.recipient, note.issuer)
    regime = company.regime if company else None
    if issuer:
        regime = _CRT.get(note.issuer.group.text("CRT") or "", regime)
    same_view = issuer == (classification.viewpoint == "issuer")
    return Books(
        owner=own.id or (company.cnpj if company else ""),
        partner=partner,
        uf=own.uf or (company.uf if company else None),
        issuer=issuer,
        direction=classification.direction if same_view else classification.direction.opposite,
        regime=regime,
        operation=classification.operation,
        treatments=treatments,
    )
