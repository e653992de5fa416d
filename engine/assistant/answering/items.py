"""The lines of the note: counted, listed, compared, summed, and one of them looked at. Amounts are the document's own, summed exactly."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from engine.assistant.answering.audit import no_item
from engine.assistant.cleaning import quoted
from engine.assistant.material import Item, Material
from engine.assistant.plans import Condition, Extreme, ItemFact, ItemList, Measure, Sum
from engine.assistant.replies import Citation, Reply, cite, either, figure, listed, money, some
from engine.contract.calls import Scope
from engine.fiscal.money import Language

#: Measure -> column of the wire's rows, and its name.
COLUMNS: Final[dict[str, tuple[str, str, str]]] = {
    "value": ("produto_valor_total", "valor total", "total value"),
    "price": ("produto_valor_unit", "preço unitário", "unit price"),
    "quantity": ("produto_qtd", "quantidade", "quantity"),
    "discount": ("produto_desconto", "desconto", "discount"),
    "freight": ("produto_frete", "frete", "freight"),
    "insurance": ("produto_seguro", "seguro", "insurance"),
    "charges": ("produto_outras_despesas", "outras despesas", "other charges"),
}
#: Tax -> columns of its value, base and rate in the wire's rows; "" where the rows have none.
TAX_COLUMNS: Final[dict[str, tuple[str, str, str]]] = {
    "ICMS": ("produto_valor_icms", "produto_base_calculo_icms", "produto_aliquota_icms"),
    "ICMS-ST": ("produto_valor_icms_st", "produto_base_calculo_st", "produto_aliquota_st"),
    "IPI": ("produto_valor_ipi", "produto_base_calculo_ipi", "produto_aliquota_ipi"),
    "PIS": ("produto_valor_pis", "produto_base_calculo_pis", "produto_aliquota_pis"),
    "COFINS": ("produto_valor_cofins", "produto_base_calculo_cofins", "produto_aliquota_cofins"),
    "ISS": ("produto_valor_iss", "produto_base_calculo_iss", "produto_aliquota_iss"),
    "DIFAL": ("produto_valor_icms_uf_destino", "", ""),
    "FCP": ("produto_valor_fcp", "", ""),
    "IBS": ("produto_valor_ibs", "produto_base_calculo_ibs_cbs", ""),
    "CBS": ("produto_valor_cbs", "produto_base_calculo_ibs_cbs", ""),
}
_PARTS: Final = {"value": 0, "base": 1, "rate": 2}
_TESTS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    "above": operator.gt,
    "atleast": operator.ge,
    "below": operator.lt,
    "atmost": operator.le,
    "equal": operator.eq,
}
_SIGNS: Final = {
    "above": ("acima de {}", "above {}"), "atleast": ("a partir de {}", "of {} or more"), "below": ("abaixo de {}", "below {}"), "atmost": ("até {}", "of {} or less"),
    "equal": ("igual a {}", "equal to {}"), "between": ("entre {} e {}", "between {} and {}"),
}  # fmt: skip


def column(measure: Measure) -> str:
    """The column of a measure; "" where the rows have none."""
    taxed = TAX_COLUMNS.get(measure.name)
    return COLUMNS[measure.name][0] if measure.name in COLUMNS else taxed[_PARTS[measure.part]] if taxed else ""


def named(measure: Measure, language: Language) -> str:
    """The measure in words."""
    if measure.name in COLUMNS:
        return COLUMNS[measure.name][1 + (language == "en")]
    words = {
        "value": "{}",
        "base": either(language, "base de {}", "{} base"),
        "rate": either(language, "alíquota de {}", "{} rate"),
    }
    return words[measure.part].format(measure.name)


def shown(value: Decimal, measure: Measure, language: Language) -> str:
    """A measured value in its unit."""
    if measure.part == "rate":
        return f"{figure(value, language)} %"
    return figure(value, language) if measure.name == "quantity" else money(value, language)


def described(item: Item) -> str:
    """An item by number and name."""
    return f"item {item.number} {quoted(item.text('produto_nome'), 80)}".strip()


def of_item(doc: str, item: Item, name: str, value: str) -> Citation:
    """One column of an item as a citation."""
    return cite(
        doc,
        item=item.number,
        path=f"lines[{item.place}].{name}",
        text=f"{item.text('produto_nome')[:80]} {value}".strip(),
    )


def _measured(items: tuple[Item, ...], measure: Measure) -> list[tuple[Item, Decimal]]:
    name = column(measure)
    return [(item, value) for item in items if name and (value := item.amount(name)) is not None]


def unstated(material: Material, measure: Measure, language: Language) -> Reply:
    """No item states it; or the rows have no place for it, and then nobody can say."""
    name, source = named(measure, language), column(measure)
    if not source:
        text = either(
            language,
            f"As linhas guardadas não têm lugar para {name}.",
            f"The rows that are kept have no place for the {name}.",
        )
    else:
        text = either(
            language,
            f"Nenhum item do documento traz {name} ({source}).",
            f"No item of the document states its {name} ({source}).",
        )
    return Reply(text=text, citations=(cite(material.document.doc),))


def _chosen(material: Material, where: Condition | None, measure: Measure | None = None) -> list[Item]:
    if where is None:
        return list(material.items)
    if where.code:
        return [item for item in material.items if _has_code(item.text(f"produto_{where.code}"), where)]
    compared = measure or where.measure
    assert compared is not None and where.low is not None
    measured = _measured(material.items, compared)
    if where.comparator == "between":
        assert where.high is not None
        return [item for item, value in measured if where.low <= value <= where.high]
    test = _TESTS[where.comparator]
    return [item for item, value in measured if test(value, where.low)]


def _has_code(text: str, where: Condition) -> bool:
    """The same code; fewer than eight digits of an NCM are its beginning."""
    code = "".join(letter for letter in text if letter.isdigit())
    return code.startswith(where.digits) if _is_beginning(where) else code == where.digits


def _is_beginning(where: Condition) -> bool:
    return where.code == "ncm" and len(where.digits) < 8


def condition(where: Condition | None, language: Language, measure: Measure | None = None) -> str:
    """The condition in words, so that what was understood can be seen."""
    if where is None:
        return ""
    if where.code:
        return f" {either(language, 'com', 'with')} {where.code.upper()} {where.digits}{'…' if _is_beginning(where) else ''}"
    compared = measure or where.measure
    assert compared is not None
    amounts = [shown(amount, compared, language) for amount in (where.low, where.high) if amount is not None]
    return f" {either(language, 'com', 'with')} {named(compared, language)} {either(language, *_SIGNS[where.comparator]).format(*amounts)}"


def _readings(where: Condition | None) -> list[Measure | None]:
    """What "custar" compares: the value of the line and the price of one."""
    if where is not None and where.measure is not None and where.measure.name == "either":
        return [Measure(name="value"), Measure(name="price")]
    return [None]


def listing(plan: ItemList, material: Material, scope: Scope, language: Language) -> Reply:
    """How many items, or which, by a condition or all."""
    doc, where = material.document.doc, plan.where
    if scope == "summary":
        metrics = material.report.aggregated_metrics
        lines = None if metrics is UNSET else metrics.get("lineCount")
        return Reply(
            text=_count(int(lines or 0), "", language),
            citations=(cite(doc, path="aggregatedMetrics.lineCount", text=str(lines)),),
        )
    replies = []
    for measure in _readings(where):
        compared = measure or (None if where is None else where.measure)
        if compared is not None and not _measured(material.items, compared):
            replies.append(unstated(material, compared, language))
            continue
        items = _chosen(material, where, measure)
        heading = _count(len(items), condition(where, language, measure), language)
        name = column(compared) if compared is not None else "produto_valor_total"
        unit = compared or Measure(name="value")
        values = [(item, item.amount(name)) for item in items]
        told = [(item, "" if value is None else shown(value, unit, language)) for item, value in values]
        text = (
            heading
            if plan.count or not items
            else listed(
                heading.removesuffix(".") + ":",
                [": ".join(filter(None, (described(item), value))) for item, value in told],
                language,
            )
        )
        citations = (
            (of_item(doc, item, name, value) for item, value in told)
            if where is not None or not plan.count
            else (cite(doc, path="lines"),)
        )
        replies.append(Reply(text=text, citations=some(citations) or (cite(doc, path="lines"),)))
    return Reply(
        text="\n".join(reply.text for reply in replies),
        citations=some(one for reply in replies for one in reply.citations),
    )


def _count(count: int, condition: str, language: Language) -> str:
    word = either(language, "item" if count == 1 else "itens", "item" if count == 1 else "items")
    return f"{count} {word}{condition}."


def extreme(plan: Extreme, material: Material, scope: Scope, language: Language) -> Reply:
    """The most or the least of something; all of them where several share it, and value and price apart where they differ."""
    measures = [Measure(name="value"), Measure(name="price")] if plan.measure.name == "either" else [plan.measure]
    lines, citations = [], []
    for measure in measures:
        measured = _measured(material.items, measure)
        if not measured:
            lines.append(unstated(material, measure, language).text)
            continue
        best = (min if plan.least else max)(value for _, value in measured)
        winners = [item for item, value in measured if value == best]
        value = shown(best, measure, language)
        most = either(language, "Menor" if plan.least else "Maior", "Lowest" if plan.least else "Highest")
        lines.append(
            f"{most} {named(measure, language)}: {value}, "
            + "; ".join(described(item) for item in winners[:10])
            + ("; …" if len(winners) > 10 else "")
            + "."
        )
        citations += [of_item(material.document.doc, item, column(measure), value) for item in winners]
    return Reply(text="\n".join(lines), citations=some(citations) or (cite(material.document.doc),))


def total(plan: Sum, material: Material, scope: Scope, language: Language) -> Reply:
    """A sum over the items; it says over how many."""
    doc, measure = material.document.doc, plan.measure
    parts = []
    for reading in _readings(plan.where):
        chosen = _chosen(material, plan.where, reading)
        measured = _measured(tuple(chosen), measure)
        which = condition(plan.where, language, reading)
        if not measured:
            none = (
                either(language, f"0 itens{which}: nada a somar.", f"0 items{which}: nothing to sum.")
                if plan.where
                else unstated(material, measure, language).text
            )
            parts.append(Reply(text=none, citations=(cite(doc),)))
            continue
        amount = shown(sum((value for _, value in measured), start=Decimal(0)), measure, language)
        counted = _count(len(measured), which, language).removesuffix(".")
        name = named(measure, language)
        text = either(language, f"Soma de {name}: {amount}, em {counted}.", f"Sum of {name}: {amount}, over {counted}.")
        parts.append(
            Reply(
                text=text,
                citations=some(
                    of_item(doc, item, column(measure), shown(value, measure, language)) for item, value in measured
                ),
            )
        )
    return Reply(
        text="\n".join(part.text for part in parts), citations=some(one for part in parts for one in part.citations)
    )


def fact(plan: ItemFact, material: Material, scope: Scope, language: Language) -> Reply:
    """One item, or one thing about it."""
    number, doc = int(plan.item), material.document.doc
    found = [item for item in material.items if item.number == number]
    if not found:
        return no_item(material, number, language)
    lines, citations = [], []
    for item in found:
        told = _told(item, plan.name, language)
        lines.append(f"{described(item)}: {told}.")
        citations.append(
            of_item(doc, item, "", told)
            if not plan.name
            else of_item(doc, item, _FACTS.get(plan.name, plan.name), told)
        )
    return Reply(text="\n".join(line[0].upper() + line[1:] for line in lines), citations=some(citations))


_FACTS: Final = {
    "ncm": "produto_ncm",
    "cfop": "produto_cfop",
    "cst": "produto_cst_icms",
    "description": "produto_nome",
    "value": "produto_valor_total",
    "price": "produto_valor_unit",
    "quantity": "produto_qtd",
}


def _told(item: Item, name: str, language: Language) -> str:
    parts = [name] if name else ["quantity", "price", "value", "ncm", "cfop"]
    return ", ".join(_said(item, part, language) for part in parts)


def _said(item: Item, name: str, language: Language) -> str:
    nothing = either(language, "não informado", "not stated")
    if name in COLUMNS:
        measure = Measure(name=name)
        value = item.amount(column(measure))
        return f"{named(measure, language)} {nothing if value is None else shown(value, measure, language)}"
    if name == "cst":
        icms = quoted(item.text("produto_cst_icms"), 10) or quoted(item.text("produto_csosn"), 10)
        others = [
            f"{tax} {quoted(code, 10)}" for tax in ("ipi", "pis", "cofins") if (code := item.text(f"produto_cst_{tax}"))
        ]
        return "CST " + (", ".join([*([f"ICMS {icms}"] if icms else []), *(one.upper() for one in others)]) or nothing)
    if name == "description":
        return quoted(item.text("produto_nome")) or nothing
    return f"{name.upper()} {quoted(item.text(f'produto_{name}'), 20) or nothing}"
