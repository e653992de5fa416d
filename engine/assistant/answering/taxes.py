"""Taxes: as the items state them, and as they were apportioned to whom they are due. The two are never mixed, and every answer says which it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.assistant.answering.audit import no_item
from engine.assistant.answering.items import column, described, named, of_item, shown, unstated
from engine.assistant.answering.note import of_finding, refused
from engine.assistant.cleaning import quoted
from engine.assistant.material import Due, Item, Material
from engine.assistant.plans import Measure, TaxDue, TaxStated
from engine.assistant.replies import Citation, Reply, cite, either, listed, money, some
from engine.contract.calls import Scope
from engine.fiscal.findings import Finding
from engine.fiscal.identifiers import mask, punctuated
from engine.fiscal.money import Language
from engine.fiscal.rules import render

#: Rows of the apportionment that a tax is asked for by; each is told by itself, never added to another.
FAMILY: Final[dict[str, tuple[str, ...]]] = {
    "FCP": ("FCP", "FCP-ST", "FCP-DEST"), "DIFAL": ("DIFAL", "DIFAL-ORIGEM"), "PIS": ("PIS", "PIS-ST"), "COFINS": ("COFINS", "COFINS-ST"),
    "ICMS": ("ICMS", "ICMS-MONO", "ICMS-MONO-RET", "ICMS-SN"), "IBS": ("IBS_UF", "IBS_MUN"), "IPI": ("IPI", "IPI-DEVOL"),
}  # fmt: skip
#: Columns of the rows that stand beside a tax and are no part of it.
_BESIDE: Final = {
    "FCP": (("FCP-ST", "produto_valor_fcp_st"), ("FCP-DEST", "produto_valor_fcp_uf_destino")),
    "IBS": (("IBS UF", "produto_valor_ibs_uf"), ("IBS município", "produto_valor_ibs_municipio")),
}
#: Leaf of the note's own total, as the findings of TOT-… name it.
_LEAVES: Final = {
    ("ICMS", "value"): "vICMS", ("ICMS", "base"): "vBC", ("ICMS-ST", "value"): "vST", ("ICMS-ST", "base"): "vBCST", ("IPI", "value"): "vIPI",
    ("PIS", "value"): "vPIS", ("COFINS", "value"): "vCOFINS", ("FCP", "value"): "vFCP", ("DIFAL", "value"): "vICMSUFDest", ("ISS", "value"): "vISS", ("ISS", "base"): "vBC",
}  # fmt: skip
_BEARINGS: Final = {
    "débito": ("débito", "debit"),
    "crédito": ("crédito", "credit"),
    "informativo": ("informativo", "informative"),
}


def stated(plan: TaxStated, material: Material, scope: Scope, language: Language) -> Reply:
    """Value, base or rates of a tax. In the scope of taxes this is the apportionment; otherwise what the items say, which is not always what is due."""
    measure = Measure(name=plan.tax, part=plan.part)
    if scope == "tax" or (not column(measure) and plan.item is None and plan.part != "rate"):
        return due(TaxDue(tax=plan.tax), material, scope, language)
    if not column(measure):
        return unstated(material, measure, language)
    items = material.items
    if plan.item is not None:
        number = int(plan.item)
        items = tuple(item for item in items if item.number == number)
        if not items:
            return no_item(material, number, language)
    if plan.part == "rate":
        return _rates(measure, items, material, language)
    told = [(plan.tax, column(measure)), *(_BESIDE.get(plan.tax, ()) if plan.part == "value" else ())]
    lines, citations = [], []
    for name, source in told:
        values = [(item, value) for item in items if (value := item.amount(source)) is not None]
        if values:
            amount = money(sum((value for _, value in values), start=Decimal(0)), language)
            lines.append(f"{_headed(name, measure, language)}: {amount} ({_over(values, plan.item, language)}).")
            citations += [
                of_item(material.document.doc, item, source, money(value, language)) for item, value in values
            ]
    if not lines:
        return unstated(material, measure, language)
    if plan.item is None:
        objections = _objections(plan, material)
        lines += [f"{found.code}: {quoted(render(found, language), 400)}" for found in objections]
        citations = [*(of_finding(material.document.doc, found, language) for found in objections), *citations]
    return Reply(text="\n".join(lines), citations=some(citations))


def _headed(name: str, measure: Measure, language: Language) -> str:
    words = named(Measure(name=name, part=measure.part), language)
    return words[0].upper() + words[1:]


def _over(values: list[tuple[Item, Decimal]], item: str | None, language: Language) -> str:
    if item is not None:
        return described(values[0][0])
    count = len(values)
    return either(
        language,
        f"soma de {count} {'item' if count == 1 else 'itens'} da nota",
        f"sum over {count} {'item' if count == 1 else 'items'} of the note",
    )


def _objections(plan: TaxStated, material: Material) -> list[Finding]:
    """Findings that say the note's own total of this is another than its items sum to."""
    leaf = _LEAVES.get((plan.tax, plan.part))
    either_group = plan.tax in ("PIS", "COFINS")
    return [
        found
        for found in material.findings
        if leaf is not None
        and found.code.startswith("TOT-")
        and found.arguments.get("leaf") == leaf
        and (either_group or ("ISSQNtot" in (found.path or "")) == (plan.tax == "ISS"))
    ]


def _rates(measure: Measure, items: tuple[Item, ...], material: Material, language: Language) -> Reply:
    """The rates, each with the items that have it; there is no rate of a note as a whole."""
    name = column(measure)
    by_rate: dict[Decimal, list[Item]] = {}
    for item in items:
        value = item.amount(name)
        if value is not None:
            by_rate.setdefault(value, []).append(item)
    if not by_rate:
        return unstated(material, measure, language)
    lines = [
        f"{shown(rate, measure, language)} ({either(language, 'itens', 'items') if len(having) > 1 else 'item'} {', '.join(str(item.number) for item in having[:30])}{', …' if len(having) > 30 else ''})"
        for rate, having in sorted(by_rate.items())
    ]
    heading = either(language, f"Alíquotas de {measure.name} nos itens:", f"{measure.name} rates of the items:")
    citations = some(
        of_item(material.document.doc, item, name, shown(rate, measure, language))
        for rate, having in by_rate.items()
        for item in having
    )
    return Reply(text=listed(heading, lines, language), citations=citations)


def due(plan: TaxDue, material: Material, scope: Scope, language: Language) -> Reply:
    """Rows of the apportionment, summed by tax, jurisdiction and bearing, the books of each company apart."""
    doc = material.document.doc
    family = FAMILY.get(plan.tax, (plan.tax,)) if plan.tax else ()
    about = [row for row in material.taxes if not family or row.tax in family]
    rows = [
        row
        for row in about
        if (not plan.bearing or row.bearing == plan.bearing) and (not plan.place or row.jurisdiction == plan.place)
    ]
    subject = " ".join(
        part
        for part in (plan.tax, either(language, *_BEARINGS[plan.bearing]) if plan.bearing else "", plan.place)
        if part
    )
    if not material.taxes:
        reason = refused(material, "TAX-00", language)
        text = either(
            language,
            f"A apuração da nota não tem linhas. {reason}".strip(),
            f"The apportionment of the note has no rows. {reason}".strip(),
        )
        return Reply(text=text, citations=(cite(doc, finding="TAX-00" if reason else None, path="taxApportion"),))
    if not rows:
        text = either(language, f"Na apuração não há: {subject}.", f"The apportionment has none: {subject}.")
        if about:
            text += "\n" + "\n".join(f"- {one}" for one in _summed(about, language))
        return Reply(
            text=text, citations=some(_cited(doc, row, language) for row in about) or (cite(doc, path="taxApportion"),)
        )
    heading = either(language, "Apuração", "Apportionment") + (f" ({subject}):" if subject else ":")
    return Reply(
        text=listed(heading, _summed(rows, language), language),
        citations=some(_cited(doc, row, language) for row in rows),
    )


def _summed(rows: list[Due], language: Language) -> list[str]:
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for row in rows:
        cell = sums.setdefault((row.company, row.tax, row.jurisdiction, row.bearing), [0, 0])
        cell[0] += row.cents
        cell[1] += row.basis
    several = len({company for company, *_ in sums}) > 1
    lines = []
    for (company, tax, jurisdiction, bearing), (cents, basis) in sums.items():
        base = either(language, "base", "base")
        books = f" ({_identifier(company)})" if several else ""
        lines.append(
            f"{tax}, {quoted(jurisdiction, 40)}, {either(language, *_BEARINGS.get(bearing, (bearing, bearing)))}: {money(cents, language)} ({base} {money(basis, language)}){books}"
        )
    return lines


def _identifier(company: str) -> str:
    return quoted(punctuated(company) if mask(company) == company else mask(company), 40)


def _cited(doc: str, row: Due, language: Language) -> Citation:
    rate = "" if not row.rate else f" {quoted(row.rate, 20)} %"
    return cite(
        doc,
        path=f"taxApportion[{row.place}]",
        text=f"{row.tax} {row.jurisdiction} CFOP {row.cfop}{rate}: {money(row.cents, language)}",
    )
