"""The totals of the note against the sums of its items. TOT-01 … TOT-14, one row of data a total.

A total is the sum of values already rounded, never a rounded sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.money import ZERO, plain, verdict
from engine.fiscal.note import Item, Note, number
from engine.fiscal.rules.model import XML_ONLY, Rule, Surroundings, Text

#: Which items a total counts.
Scope = Literal["all", "goods", "services"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One total of the layout: `leaf` of `total/<group>` is the sum of `item_leaf` over a tax (or the product) of the items."""

    leaf: str
    cstat: str
    #: Tax whose group holds the item's leaf; `None` is the product itself.
    tax: str | None
    item_leaf: str
    group: str = "ICMSTot"
    scope: Scope = "all"
    #: Do only items with indTot = 1 count?
    counting: bool = False
    #: Is an absent total a total of zero? Only where the layout allows its absence: elsewhere XML-02 speaks.
    absent_is_zero: bool = False


def _of_icms(leaf: str, cstat: str, item_leaf: str | None = None) -> Total:
    return Total(leaf=leaf, cstat=cstat, tax="ICMS", item_leaf=item_leaf or leaf)


def _of_product(leaf: str, cstat: str) -> Total:
    return Total(leaf=leaf, cstat=cstat, tax=None, item_leaf=leaf)


def _of_destination(leaf: str, cstat: str) -> Total:
    return Total(leaf=leaf, cstat=cstat, tax="ICMSUFDest", item_leaf=leaf, absent_is_zero=True)


def _of_service(leaf: str, cstat: str, tax: str | None, item_leaf: str) -> Total:
    return Total(
        leaf=leaf,
        cstat=cstat,
        tax=tax,
        item_leaf=item_leaf,
        group="ISSQNtot",
        scope="services",
        counting=tax is None,
        absent_is_zero=True,
    )


#: Number of the rule -> titles and totals.
TOTALS: Final[dict[str, tuple[Text, tuple[Total, ...]]]] = {
    "01": (Text("Total da base do ICMS", "Total of the ICMS base"), (_of_icms("vBC", "531"),)),
    "02": (Text("Total do ICMS", "Total of ICMS"), (_of_icms("vICMS", "532"), _of_icms("vICMSDeson", "795"))),
    "03": (Text("Total da base do ICMS-ST", "Total of the ICMS-ST base"), (_of_icms("vBCST", "533"),)),
    "04": (Text("Total do ICMS-ST", "Total of ICMS-ST"), (_of_icms("vST", "534", "vICMSST"),)),
    "05": (
        Text("Total dos produtos", "Total of the goods"),
        (Total(leaf="vProd", cstat="564", tax=None, item_leaf="vProd", scope="goods", counting=True),),
    ),
    "06": (
        Text(
            "Totais de frete, seguro, desconto e outras despesas",
            "Totals of freight, insurance, discount and other charges",
        ),
        (
            _of_product("vFrete", "535"),
            _of_product("vSeg", "536"),
            _of_product("vDesc", "537"),
            _of_product("vOutro", "604"),
        ),
    ),
    "07": (Text("Total do IPI", "Total of IPI"), (Total(leaf="vIPI", cstat="538", tax="IPI", item_leaf="vIPI"),)),
    "08": (Text("Total do II", "Total of II"), (Total(leaf="vII", cstat="601", tax="II", item_leaf="vII"),)),
    "09": (
        Text("Total do IPI devolvido", "Total of returned IPI"),
        (Total(leaf="vIPIDevol", cstat="863", tax="impostoDevol", item_leaf="IPI/vIPIDevol"),),
    ),
    "10": (
        Text("Totais de PIS e COFINS", "Totals of PIS and COFINS"),
        (
            Total(leaf="vPIS", cstat="602", tax="PIS", item_leaf="vPIS", scope="goods"),
            Total(leaf="vCOFINS", cstat="603", tax="COFINS", item_leaf="vCOFINS", scope="goods"),
        ),
    ),
    "11": (
        Text("Totais do fundo de combate à pobreza", "Totals of the fund against poverty"),
        (_of_icms("vFCP", "861"), _of_icms("vFCPST", "862"), _of_icms("vFCPSTRet", "859")),
    ),
    "12": (
        Text("Totais do ICMS para a UF de destino", "Totals of ICMS for the UF of destination"),
        (
            _of_destination("vFCPUFDest", "798"),
            _of_destination("vICMSUFDest", "799"),
            _of_destination("vICMSUFRemet", "800"),
        ),
    ),
    "13": (
        Text("Total aproximado dos tributos", "Approximate total of taxes"),
        (Total(leaf="vTotTrib", cstat="685", tax="imposto", item_leaf="vTotTrib"),),
    ),
    "14": (
        Text("Totais do ISSQN", "Totals of ISSQN"),
        (
            _of_service("vServ", "605", None, "vProd"),
            _of_service("vBC", "606", "ISSQN", "vBC"),
            _of_service("vISS", "607", "ISSQN", "vISSQN"),
            _of_service("vPIS", "608", "PIS", "vPIS"),
            _of_service("vCOFINS", "609", "COFINS", "vCOFINS"),
        ),
    ),
}


#: Every total with the code of its rule.
_ALL: Final = tuple((f"TOT-{number}", total) for number, (_, totals) in TOTALS.items() for total in totals)

#: Leaf of an item and the places in `_ALL` of the totals it adds to.
_Leaves = tuple[tuple[str, tuple[int, ...]], ...]


def _leaves(*, service: bool, counting: bool) -> dict[str | None, _Leaves]:
    """What items of one sort add to, by tax; `None` is the product."""
    found: dict[str | None, dict[str, tuple[int, ...]]] = {}
    for place, (_, total) in enumerate(_ALL):
        if total.scope != ("goods" if service else "services") and (counting or not total.counting):
            leaves = found.setdefault(total.tax, {})
            leaves[total.item_leaf] = (*leaves.get(total.item_leaf, ()), place)
    return {tax: tuple(leaves.items()) for tax, leaves in found.items()}


#: By whether the item is a service and whether it counts in the total.
_LEAVES: Final = {
    (service, counting): _leaves(service=service, counting=counting)
    for service in (False, True)
    for counting in (False, True)
}


def _sums(items: Sequence[Item]) -> list[tuple[Decimal, int]]:
    """What the items sum to and how many they are, for every total, in one pass over them."""
    amounts, counts = [ZERO] * len(_ALL), [0] * len(_ALL)
    for item in items:
        by_tax = _LEAVES[item.is_service, item.counts_in_total]
        for tax, group in ((None, item.product), *item.taxes.items()):
            values = group.values
            for leaf, places in by_tax.get(tax, ()):
                amount = number(values[leaf]) if values.get(leaf) else None
                if amount is not None:
                    for place in places:
                        amounts[place] += amount
                        counts[place] += 1
    return list(zip(amounts, counts, strict=True))


def compare(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    """All the totals at once: TOT-01 to TOT-14 share this check."""
    if not note.totals:
        return
    for (code, total), (expected, items) in zip(_ALL, _sums(note.items), strict=True):
        group = note.total(total.group)
        found = group.decimal(total.leaf)
        if found is None:
            if not total.absent_is_zero or total.leaf in group:
                continue
            found = ZERO
        severity = verdict(found - expected)
        if severity is not None:
            yield Finding(
                code=code,
                severity=severity,
                path=group.where(total.leaf),
                found=plain(found),
                expected=plain(expected),
                delta=plain(found - expected),
                arguments={"leaf": total.leaf, "item_leaf": total.item_leaf, "items": str(items)},
                cstat=total.cstat,
            )


def _rule(number: str, title: Text, totals: tuple[Total, ...]) -> Rule:
    code = f"TOT-{number}"
    return Rule(
        code=code,
        severity=Severity.ERRO,
        title=title,
        messages={
            "": Text(
                "O total {leaf} é {found:money}; a soma de {item_leaf} em {items} item(ns) dá {expected:money} (diferença {delta:money}).",
                "The total {leaf} is {found:money}; the sum of {item_leaf} over {items} item(s) gives {expected:money} (difference {delta:money}).",
            )
        },
        legal="Ajuste SINIEF 07/05, cláusula terceira; MOC 7.0, grupo W (totais da NF-e)",
        cstat=tuple(total.cstat for total in totals),
        media=XML_ONLY,
        check=compare,
    )


RULES: Final = tuple(_rule(number, title, totals) for number, (title, totals) in TOTALS.items())
