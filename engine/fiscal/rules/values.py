"""The value of an item: quantity times unit value, and not nothing. VAL-01 and VAL-02."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.money import ZERO, plain, product, verdict
from engine.fiscal.note import Item, Note
from engine.fiscal.rules.model import Rule, Surroundings, Text

#: finNFe of notes that only complete or adjust another: their values are differences, not goods.
ADJUSTING: Final = frozenset({"2", "3"})
#: Endings of CFOPs that may carry no value: gifts, samples, demonstrations, "other", and transfers of credit.
FREE: Final = frozenset({"910", "911", "912", "913", "949", "601", "602", "603", "604", "605", "606"})


def computed(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    purpose = note.identification.text("finNFe")
    if purpose in ADJUSTING:
        return
    for item in items:
        value = item.product.decimal("vProd")
        if value is not None:
            yield from _differing(item, value, purpose)


def _differing(item: Item, value: Decimal, purpose: str | None) -> Iterator[Finding]:
    told: Decimal | None = None
    leaves = item.product
    for case, quantity, unit, cstat in (("", "qCom", "vUnCom", "629"), ("taxable", "qTrib", "vUnTrib", "630")):
        amount, price = leaves.decimal(quantity), leaves.decimal(unit)
        if amount is None or price is None:
            continue
        expected = product(amount, price)
        if expected == told:
            continue
        told = expected
        severity = verdict(value - expected)
        if severity is None:
            continue
        # SEFAZ computes normal notes only; a return may carry the rounding of the note it returns.
        yield Finding(
            code="VAL-01",
            severity=severity if purpose in (None, "1") else Severity.ALERTA,
            item=item.number,
            path=leaves.where("vProd"),
            found=plain(value),
            expected=plain(expected),
            delta=plain(value - expected),
            arguments={"case": case, "quantity": plain(amount), "unit": plain(price)},
            cstat=cstat,
        )


def positive(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    if note.identification.text("finNFe") in ADJUSTING:
        return
    for item in items:
        if item.product.decimal("vProd") == ZERO and (item.cfop or "")[1:] not in FREE:
            yield Finding(
                code="VAL-02",
                severity=Severity.ALERTA,
                item=item.number,
                path=item.product.where("vProd"),
                found="0.00",
                arguments={"cfop": item.cfop or "–"},
            )


RULES: Final = (
    Rule(
        code="VAL-01",
        severity=Severity.ERRO,
        title=Text("Valor do item", "Value of the item"),
        messages={
            "": Text(
                "Item {item}: vProd {found:money}, mas qCom {quantity:money} × vUnCom {unit:money} = {expected:money} (diferença {delta:money}).",
                "Item {item}: vProd {found:money}, but qCom {quantity:money} × vUnCom {unit:money} = {expected:money} (difference {delta:money}).",
            ),
            "taxable": Text(
                "Item {item}: vProd {found:money}, mas qTrib {quantity:money} × vUnTrib {unit:money} = {expected:money} (diferença {delta:money}).",
                "Item {item}: vProd {found:money}, but qTrib {quantity:money} × vUnTrib {unit:money} = {expected:money} (difference {delta:money}).",
            ),
        },
        legal="MOC 7.0, regras I11-10 e I11-20",
        cstat=("629", "630"),
        alias=("VAL-ERR-01",),
        check_items=computed,
    ),
    Rule(
        code="VAL-02",
        severity=Severity.ALERTA,
        title=Text("Item sem valor", "Item without value"),
        messages={
            "": Text(
                "Item {item}: vProd é zero e o CFOP {cfop} não é de bonificação, amostra ou demonstração.",
                "Item {item}: vProd is zero and CFOP {cfop} is no gift, sample or demonstration.",
            )
        },
        legal="LC 87/1996, art. 13, I; RICMS da UF do emitente",
        alias=("VAL-WARN-01",),
        check_items=positive,
    ),
)
