"""What a note is: whose it is, what happened, in which sector, and how sure that is.

Owns the order of evidence: a person's correction, then finNFe 4 and return CFOPs, then the CFOP table, then the type of
the document; over several items the operation with most value wins and its share is the confidence. It books nothing.

The CFOP speaks for the issuer. A note received is turned round (the supplier's sale is our purchase) and the goods'
purpose is read from indFinal and from the own company's CNAE. A note an outsider issued as *entry* (tpNF 0) to an own
company, such as the entry note of a rural producer's buyer, is an exit of that company. Both parties own: buying and
selling between them is Transferência; where their CNPJ roots differ it may be a true sale between two clients of the
office, so confidence falls below the review threshold. A note to oneself keeps what its CFOP says. Where neither party
is own the note is looked at as its issuer does (`Role.THIRD`), and only audited once the office has registered companies.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

import msgspec

from engine.fiscal import sectors
from engine.fiscal.amounts import leaf_cents
from engine.fiscal.companies import Companies, Company, same_root
from engine.fiscal.note import Item, Note
from engine.fiscal.operations import USUAL_PURPOSE, Direction, Operation, Purpose, Treatment, mirrored, treatment
from engine.fiscal.reasons import Reason

#: What a person corrected: (issuer's identifier, CFOP, NCM) -> the operation as seen from the own company.
Corrections = Mapping[tuple[str, str, str], Operation]

#: Below this a person has to look; doubtful evidence is capped just under it.
REVIEW_BELOW: Final = Decimal("0.65")
DOUBTFUL: Final = Decimal("0.60")
GUESS: Final = Decimal("0.50")
BLIND: Final = Decimal("0.30")

_ENTRY_DIGITS: Final = frozenset("123")


class Role(StrEnum):
    """Whose document it is; the values are those of the command line."""

    #: An own company issued it.
    ISSUED = "issued"
    #: An own company is the recipient.
    RECEIVED = "received"
    #: Issuer and recipient are own companies.
    BOTH = "both"
    #: Neither party is an own company.
    THIRD = "third"


class Classification(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The verdict on one note, from the `viewpoint` whose books it enters.

    `items` is aligned with the note's items. `company` is the own company of the viewpoint, `counterpart` the other one
    where both are own. Confidence and share are 0..1.
    """

    role: Role
    operation: Operation
    direction: Direction
    viewpoint: Literal["issuer", "recipient"]
    confidence: Decimal
    items: tuple[Treatment, ...] = ()
    company: Company | None = None
    counterpart: Company | None = None
    sector: str = sectors.UNKNOWN
    sector_source: Literal["cnae", "ncm", "service", "none"] = "none"
    #: Share of the value that the sector's goods hold; 1 where the CNAE speaks.
    sector_share: Decimal = Decimal(0)
    reasons: tuple[Reason, ...] = ()
    #: The office has own companies and none is a party: the note enters no books.
    audit_only: bool = False

    @property
    def mixed(self) -> bool:
        """The items do not share one operation; each is booked as its own."""
        return len({item.operation for item in self.items}) > 1

    @property
    def needs_review(self) -> bool:
        """A person has to look; nothing hangs on the operation of a note that is only audited."""
        return self.confidence < REVIEW_BELOW and not self.audit_only


def classify(note: Note, companies: Companies, corrections: Corrections | None = None) -> Classification:
    """Classify a note; total: odd documents get a low confidence, never an exception."""
    issuer, recipient = companies.of(note.issuer.id), companies.of(note.recipient.id)
    role = _role(issuer, recipient)
    leaving = _leaving(note)
    viewpoint: Literal["issuer", "recipient"] = "recipient" if role is Role.RECEIVED else "issuer"
    direction = Direction.OUT if leaving == (viewpoint == "issuer") else Direction.IN
    company = recipient if role is Role.RECEIVED else issuer
    view = _View(note, role, leaving, company, corrections or {})

    audit_only = role is Role.THIRD and len(companies) > 0
    evidence = [Reason(code="outside") if audit_only else _party(role, company)]
    caps = [view.doubt(evidence)]
    if role is Role.BOTH and not same_root(note.issuer.id, note.recipient.id):
        evidence.append(Reason(code="different_roots"))
        caps.append(DOUBTFUL)
    if note.items:
        operation, share = view.majority(evidence)
    else:
        operation, share = view.from_nature(evidence)
    sector, source, sector_share = _sector(note, company)
    return Classification(
        role=role,
        operation=operation,
        direction=direction,
        viewpoint=viewpoint,
        confidence=min(share, *caps),
        items=view.treatments,
        company=company,
        counterpart=recipient if role is Role.BOTH else None,
        sector=sector,
        sector_source=source,
        sector_share=sector_share,
        reasons=tuple(evidence),
        audit_only=audit_only,
    )


def received(given: Treatment, leaving: bool, final_consumer: bool, cnae: str | None) -> Treatment:
    """An issuer's treatment as the other party books it.

    `leaving` says that the issuer's goods go out; `final_consumer` (indFinal) and the `cnae` of the party tell what it
    does with what it buys.
    """
    operation, purpose = mirrored(given.operation), given.purpose
    if operation in (Operation.SERVICO, Operation.OUTROS) or purpose in _OWN_KIND:
        return Treatment(operation, purpose)
    if operation is Operation.TRANSFERENCIA:
        kept = purpose in (Purpose.FIXED_ASSET, Purpose.CONSUMPTION)
        return Treatment(operation, purpose if kept else _bought_for(cnae))
    bought = operation is Operation.COMPRA or (operation is Operation.DEVOLUCAO and not leaving)
    if not bought:
        return Treatment(operation, Purpose.PRODUCTION if sectors.makes(cnae) else Purpose.RESALE)
    if purpose is Purpose.FIXED_ASSET and operation is Operation.COMPRA:
        return Treatment(operation, purpose)
    return Treatment(operation, Purpose.CONSUMPTION if final_consumer else _bought_for(cnae))


#: Purposes that both parties share.
_OWN_KIND: Final = frozenset(
    {
        Purpose.ENERGY,
        Purpose.COMMUNICATION,
        Purpose.TRANSPORT,
        Purpose.SERVICE,
        Purpose.RETURN_OF_SHIPMENT,
        Purpose.TRANSFER,
    }
)


def _bought_for(cnae: str | None) -> Purpose:
    if sectors.makes(cnae):
        return Purpose.PRODUCTION
    if sectors.trades(cnae) or sectors.division(cnae) is None:
        return Purpose.RESALE
    return Purpose.SERVICE_INPUT


def _role(issuer: Company | None, recipient: Company | None) -> Role:
    if issuer is not None:
        return Role.ISSUED if recipient is None else Role.BOTH
    return Role.THIRD if recipient is None else Role.RECEIVED


def _party(role: Role, company: Company | None) -> Reason:
    if company is None or role is Role.BOTH:
        return Reason(code=role.value)
    return Reason(code=role.value, arguments={"company": company.name})


def _leaving(note: Note) -> bool:
    """tpNF says it; a list without that column is read by the first CFOP."""
    kind = note.identification.text("tpNF")
    if kind is None:
        cfop = next((item.cfop for item in note.items if item.cfop), None)
        return cfop is None or cfop[0] not in _ENTRY_DIGITS
    return kind != "0"


class _View:
    """One reading of a note's items; short-lived, so that the parts of the verdict share what they computed."""

    def __init__(
        self, note: Note, role: Role, leaving: bool, company: Company | None, corrections: Corrections
    ) -> None:
        self._note = note
        self._role = role
        self._leaving = leaving
        self._company = company
        self._corrections = corrections
        self._returns = note.identification.text("finNFe") == "4"
        self._final_consumer = note.identification.text("indFinal") == "1"
        self._known: dict[tuple[str | None, str | None, bool], tuple[Treatment, Reason]] = {}
        self._given = [self._item(item) for item in note.items]
        self.treatments = tuple(given[0] for given in self._given)

    def doubt(self, evidence: list[Reason]) -> Decimal:
        """Highest confidence the codes allow: an unknown CFOP, or one that contradicts tpNF, needs a person."""
        cap = Decimal(1)
        for (cfop, _, _), (_, reason) in self._known.items():
            if reason.code in ("correction", "issqn"):
                continue
            if cfop is None or treatment(cfop) is None:
                cap = DOUBTFUL
            elif (cfop[0] in _ENTRY_DIGITS) == self._leaving:
                conflict = {"cfop": cfop, "type": "1" if self._leaving else "0"}
                evidence.append(Reason(code="direction_conflict", arguments=conflict))
                cap = DOUBTFUL
        return cap

    def majority(self, evidence: list[Reason]) -> tuple[Operation, Decimal]:
        """The operation with most value and its share of it."""
        weights = [leaf_cents(item.product.values.get("vProd")) for item in self._note.items]
        if not any(weights):
            weights = [1] * len(weights)
        sums: dict[Operation, int] = {}
        for (operation, _), weight in zip(self.treatments, weights, strict=True):
            sums[operation] = sums.get(operation, 0) + abs(weight)
        operation = max(sums, key=sums.__getitem__)
        share = (Decimal(sums[operation]) / sum(sums.values())).quantize(Decimal("0.0001"))
        evidence.extend(self._distinct())
        if len(sums) > 1:
            percent = f"{share * 100:.0f}"
            evidence.append(Reason(code="mixed", arguments={"operation": operation.value, "share": percent}))
        certain = any(reason.code != "unknown_cfop" for _, reason in self._given)
        return operation, share if certain else share * GUESS

    def _distinct(self) -> list[Reason]:
        """The evidence of the items, each said once, in their order."""
        return list({(reason.code, *reason.arguments.values()): reason for _, reason in self._known.values()}.values())

    def from_nature(self, evidence: list[Reason]) -> tuple[Operation, Decimal]:
        """Without items only natOp, free text, is left."""
        nature = self._note.identification.text("natOp")
        if not nature:
            evidence.append(Reason(code="no_evidence"))
            return Operation.OUTROS, BLIND
        evidence.append(Reason(code="nature", arguments={"nature": nature}))
        words = nature.casefold()
        named = next((operation for stem, operation in _NATURES if stem in words), Operation.OUTROS)
        return self._seen(Treatment(named, USUAL_PURPOSE[named])).operation, GUESS

    def _item(self, item: Item) -> tuple[Treatment, Reason]:
        key = (item.cfop, item.ncm, item.is_service)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._judge(*key)
        return known

    def _judge(self, cfop: str | None, ncm: str | None, service: bool) -> tuple[Treatment, Reason]:
        given = treatment(cfop)
        corrected = self._corrections.get((self._note.issuer.id or "", cfop or "", ncm or ""))
        if corrected is not None:
            seen = self._seen(given) if given is not None else None
            purpose = seen.purpose if seen is not None and seen.operation is corrected else USUAL_PURPOSE[corrected]
            return Treatment(corrected, purpose), Reason(code="correction", arguments={"operation": corrected.value})
        if self._returns:
            undone = given if given is not None and given.operation is Operation.DEVOLUCAO else None
            return (
                self._seen(undone or Treatment(Operation.DEVOLUCAO, Purpose.RESALE)),
                Reason(code="return_purpose"),
            )
        if service and (given is None or given.operation is Operation.OUTROS):
            return Treatment(Operation.SERVICO, Purpose.SERVICE), Reason(code="issqn")
        if given is None:
            guessed = Operation.VENDA if self._leaving else Operation.COMPRA
            return (
                self._seen(Treatment(guessed, Purpose.RESALE)),
                Reason(code="unknown_cfop", arguments={"cfop": cfop or "–"}),
            )
        seen = self._seen(given)
        return seen, Reason(code="cfop", arguments={"cfop": cfop or "", "operation": seen.operation.value})

    def _seen(self, given: Treatment) -> Treatment:
        if self._role is Role.RECEIVED:
            cnae = self._company.cnae if self._company else None
            return received(given, self._leaving, self._final_consumer, cnae)
        moved = given.operation in (Operation.VENDA, Operation.COMPRA)
        if self._role is Role.BOTH and moved and self._note.issuer.id != self._note.recipient.id:
            return Treatment(Operation.TRANSFERENCIA, given.purpose)
        return given


#: Stems of natOp, the telling ones first: "devolução de venda" is a return, "remessa para venda" a shipment.
_NATURES: Final = (
    ("devol", Operation.DEVOLUCAO),
    ("transf", Operation.TRANSFERENCIA),
    ("remessa", Operation.OUTROS),
    ("retorno", Operation.OUTROS),
    ("bonific", Operation.OUTROS),
    ("serviç", Operation.SERVICO),
    ("servic", Operation.SERVICO),
    ("compra", Operation.COMPRA),
    ("vend", Operation.VENDA),
    ("vda", Operation.VENDA),
)


def _sector(note: Note, company: Company | None) -> tuple[str, Literal["cnae", "ncm", "service", "none"], Decimal]:
    named = sectors.of_cnae(company.cnae) if company else None
    if named is not None:
        return named, "cnae", Decimal(1)
    weights: dict[str, int] = {}
    for item in note.items:
        name = sectors.SERVICES if item.is_service else sectors.of_ncm(item.ncm)
        value = abs(leaf_cents(item.product.values.get("vProd")))
        weights[name or sectors.UNKNOWN] = weights.get(name or sectors.UNKNOWN, 0) + value
    whole = sum(weights.values())
    found = {name: weight for name, weight in weights.items() if name != sectors.UNKNOWN}
    if not found:
        return sectors.UNKNOWN, "none", Decimal(0)
    best = max(found, key=found.__getitem__)
    share = (Decimal(found[best]) / whole).quantize(Decimal("0.0001")) if whole else Decimal(0)
    return best, "service" if best == sectors.SERVICES else "ncm", share
