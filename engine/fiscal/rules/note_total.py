"""The value of the note against the formula of the layout. TOT-20.

vNF = vProd - vDesc - vICMSDeson (where deducted) + vST + vICMSMonoReten + vFCPST + vFrete + vSeg + vOutro + vII + vIPI + vIPIDevol + vServ
+ vPISST + vCOFINSST (where added). IBS, CBS and IS are not part of it in 2025 and 2026. Source: MOC 7.0, rule W16-10, with its exceptions:

1. Imports (CFOP 3xxx): the rule does not apply.
2. New vehicles billed directly (tpOp 2): without vST, vFCPST and vIPIDevol.
3. An exempted ICMS (vICMSDeson) that the issuer did not deduct is accepted, unless an item declares the deduction (indDeduzDeson 1).
4. Fuels with an ANP code: the ICMS-ST may have been charged before; the total without it is accepted. The official rule names the codes; we hold no
   list of them, so any ANP code counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.money import CENT, ZERO, plain, verdict
from engine.fiscal.note import Group, Item, Note
from engine.fiscal.rules.model import Rule, Surroundings, Text

#: Name of a leaf and what it adds to the value, negative where it is taken off.
Operand = tuple[str, Decimal]

#: Leaves of ICMSTot that add to the value, in the order of the rule.
ADDED: Final = ("vST", "vICMSMonoReten", "vFCPST", "vFrete", "vSeg", "vOutro", "vII", "vIPI", "vIPIDevol")
NOT_IN_VEHICLES: Final = frozenset({"vST", "vFCPST", "vIPIDevol"})
SUBSTITUTION: Final = ("vST", "vFCPST")


def _added_to_note(items: Sequence[Item], tax: str, indicator: str, leaf: str) -> Decimal:
    groups = [item.taxes[tax] for item in items if tax in item.taxes]
    return sum((group.amount(leaf) for group in groups if group.text(indicator) == "1"), ZERO)


def _exempted(note: Note, totals: Group) -> tuple[Decimal, Decimal]:
    """(ICMS exempted that the items say is deducted, all of it). Without any indicator all of it counts as deducted: layouts before it existed."""
    whole = totals.amount("vICMSDeson")
    if not whole:
        return ZERO, ZERO
    indicators = {item.tax("ICMS").text("indDeduzDeson") for item in note.items}
    if indicators <= {None}:
        return whole, whole
    deducted = (item.tax("ICMS") for item in note.items)
    return sum((group.amount("vICMSDeson") for group in deducted if group.text("indDeduzDeson") == "1"), ZERO), whole


def _operands(note: Note, totals: Group) -> Iterator[Operand]:
    """Everything but vICMSDeson, signed."""
    vehicles = any(item.product.text("veicProd/tpOp") == "2" for item in note.items)
    yield "vProd", totals.amount("vProd")
    yield "vDesc", -totals.amount("vDesc")
    for leaf in ADDED:
        if not (vehicles and leaf in NOT_IN_VEHICLES):
            yield leaf, totals.amount(leaf)
    yield "vServ", note.total("ISSQNtot").amount("vServ")
    yield "vPISST", _added_to_note(note.items, "PISST", "indSomaPISST", "vPIS")
    yield "vCOFINSST", _added_to_note(note.items, "COFINSST", "indSomaCOFINSST", "vCOFINS")


def _readings(note: Note, totals: Group) -> Iterator[list[Operand]]:
    """The sums that the rule accepts, what the law asks first."""
    operands = list(_operands(note, totals))
    deducted, exempted = _exempted(note, totals)
    declared = any(item.tax("ICMS").text("indDeduzDeson") == "1" for item in note.items)
    exemptions = (deducted,) if declared else tuple(dict.fromkeys((deducted, ZERO, exempted)))
    for exemption in exemptions:
        yield [*operands, ("vICMSDeson", -exemption)]
    if any(item.product.text("comb/cProdANP") for item in note.items):
        for exemption in exemptions:
            yield [*(one for one in operands if one[0] not in SUBSTITUTION), ("vICMSDeson", -exemption)]


def _total(operands: list[Operand]) -> Decimal:
    return sum((value for _, value in operands), ZERO)


def _written(operands: list[Operand]) -> str:
    """`vProd 294.64 + vFrete 52.64`, the terms that are not zero."""
    told = [(name, value) for name, value in operands if value or name == "vProd"]
    terms = [f"{'-' if value < 0 else '+'} {name} {plain(abs(value))}" for name, value in told]
    return " ".join(terms).removeprefix("+ ")


def formula(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    totals = note.total()
    found = totals.decimal("vNF")
    if (
        found is None
        or totals.decimal("vProd") is None
        or any((item.cfop or "").startswith("3") for item in note.items)
    ):
        return
    differing: list[tuple[Severity, Decimal, list[Operand]]] = []
    for operands in _readings(note, totals):
        expected = _total(operands)
        severity = verdict(found - expected)
        if severity is None:
            return
        differing.append((severity, expected, operands))
    nearest = min(differing, key=lambda reading: abs(found - reading[1]))
    # A small difference is explained by the reading it is near to, a large one by what the law asks.
    severity = nearest[0]
    _, expected, told = nearest if severity is Severity.ALERTA else differing[0]
    yield Finding(
        code="TOT-20",
        severity=severity,
        path=totals.where("vNF"),
        found=plain(found),
        expected=plain(expected),
        delta=plain(found - expected),
        arguments={"formula": _written(told)},
        cstat="610",
    )


def listed(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    """A list holds no discount, freight or ST, so its items may sum to another amount for good reason."""
    found = note.value
    if found is None or not note.items or any((item.cfop or "").startswith("3") for item in note.items):
        return
    expected = sum((item.product.amount("vProd") for item in note.items), ZERO)
    if abs(found - expected) > CENT:
        yield Finding(
            code="TOT-20",
            severity=Severity.ALERTA,
            path=note.total().where("vNF"),
            found=plain(found),
            expected=plain(expected),
            delta=plain(found - expected),
            arguments={"case": "list", "items": str(len(note.items))},
        )


def either(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    """The formula for a document, the plain sum for a list."""
    return formula(note, surroundings) if note.medium == "xml" else listed(note, surroundings)


RULES: Final = (
    Rule(
        code="TOT-20",
        severity=Severity.ERRO,
        title=Text("Valor total da nota", "Total value of the note"),
        messages={
            "": Text(
                "vNF é {found:money}; a fórmula dá {expected:money} = {formula:numbers} (diferença {delta:money}).",
                "vNF is {found:money}; the formula gives {expected:money} = {formula:numbers} (difference {delta:money}).",
            ),
            "list": Text(
                "O valor da nota é {found:money} e seus {items} item(ns) somam {expected:money} (diferença {delta:money}); "
                "a planilha não traz desconto, frete nem ST, que podem explicá-la.",
                "The value of the note is {found:money} and its {items} item(s) sum to {expected:money} (difference {delta:money}); "
                "the sheet carries no discount, freight or ST, which may explain it.",
            ),
        },
        legal="Ajuste SINIEF 07/05, cláusula terceira; MOC 7.0, regra W16-10; NT 2023.004 (indDeduzDeson)",
        cstat=("610",),
        check=either,
    ),
)
