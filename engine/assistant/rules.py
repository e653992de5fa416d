"""The grammar: patterns, the plan each one makes of the spans it consumed, and an example that is offered when nothing fits.

Every rule must make a plan that uses all it consumed: what a builder looks at is what the pattern names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.assistant.grammar import Pattern, Used, parse
from engine.assistant.plans import (
    Booked,
    Comparator,
    Condition,
    Explain,
    Extreme,
    Findings,
    ItemFact,
    ItemList,
    Measure,
    NoteFact,
    Part,
    Plan,
    Standing,
    Sum,
    TaxDue,
    TaxStated,
    Verdict,
)
from engine.assistant.spans import Span

Build = Callable[[Used], tuple[Plan, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern, what it means (more than one plan is a question back), and an example in Portuguese and English."""

    pattern: Pattern
    build: Build
    example: tuple[str, str]


_MEASURES: Final = {
    "VALUE": "value", "TOTAL": "value", "SUM": "value", "PRICE": "price", "QUANTITY": "quantity", "COSTS": "either", "DISCOUNT": "discount",
    "FREIGHT": "freight", "INSURANCE": "insurance", "CHARGES": "charges",
}  # fmt: skip
_PARTS: Final[dict[str, Part]] = {"BASE": "base", "RATE": "rate"}
_COMPARATORS: Final[dict[str, Comparator]] = {
    "ABOVE": "above", "ATLEAST": "atleast", "BELOW": "below", "ATMOST": "atmost", "EQUAL": "equal", "BETWEEN": "between", "RANGE": "between",
}  # fmt: skip
_SEVERITIES: Final = {"ERRORS": "ERRO", "ALERTS": "ALERTA", "INFOS": "INFO"}
_FIELDS: Final = {
    "NCM": "ncm",
    "CFOP": "cfop",
    "CST": "cst",
    "DESCRIPTION": "description",
    "NAME": "description",
    "PRICE": "price",
    "QUANTITY": "quantity",
    "VALUE": "value",
    "TOTAL": "value",
    "SUM": "value",
}

_NAMED: dict[str, Pattern] = {}


def _name(name: str, text: str) -> None:
    _NAMED[name] = parse(text, _NAMED)


_name("AMOUNT", "(TOTAL | SUM | VALUE | TOTAL VALUE)?")
_name("TAXPART", "((VALUE | TOTAL | SUM)? TAX | (BASE | RATE) TAX | TAX (BASE | RATE))")
_name("CHARGE", "(DISCOUNT | FREIGHT | INSURANCE | CHARGES)")
_name("MEASURE", "(VALUE | TOTAL | SUM | PRICE | QUANTITY | COSTS | $TAXPART | $CHARGE | VALUE $CHARGE)")
_name("COMPARED", "((ABOVE | ATLEAST | BELOW | ATMOST | EQUAL) NUM | BETWEEN NUM AND NUM | RANGE NUM TO NUM)")
_name("CONDITION", "(WITH? $MEASURE? $COMPARED | (WITH | BY)? (CFOP | NCM) EQUAL? DIGITS)")
_name("NTH", "(ITEM NUMBER? DIGITS)")
_name("SEVERE", "(FINDINGS | ERRORS | ALERTS | INFOS | ERRORS AND ALERTS | ALERTS AND ERRORS)")


def _has(used: Used, *kinds: str) -> bool:
    return any(span.kind in kinds for span in used)


def _one(used: Used, kind: str) -> Span:
    return next(span for span in used if span.kind == kind)


def _value(used: Used, kind: str) -> str:
    return next((span.value for span in used if span.kind == kind), "")


def _digits(used: Used) -> str | None:
    return next((span.value.lstrip("0") or "0" for span in used if span.kind == "DIGITS"), None)


def _part(used: Used) -> Part:
    return next((_PARTS[span.kind] for span in used if span.kind in _PARTS), "value")


def _measure(used: Used, otherwise: str = "value") -> Measure:
    if _has(used, "TAX"):
        return Measure(name=_value(used, "TAX"), part=_part(used))
    charge = next(
        (_MEASURES[span.kind] for span in used if span.kind in ("DISCOUNT", "FREIGHT", "INSURANCE", "CHARGES")), None
    )
    return Measure(name=charge or next((_MEASURES[span.kind] for span in used if span.kind in _MEASURES), otherwise))


def _condition(used: Used) -> Condition:
    for place, span in enumerate(used):
        if span.kind in ("CFOP", "NCM"):
            return Condition(code=span.kind.lower(), digits=_one(used, "DIGITS").value)
        if span.kind in _COMPARATORS:
            amounts = [one.amount for one in used[place:] if one.kind == "NUM" and one.amount is not None]
            before = tuple(one for one in used[:place] if one.kind not in ("ITEMS", "HOWMANY", "HOWMUCH"))
            return Condition(
                measure=_measure(before),
                comparator=_COMPARATORS[span.kind],
                low=min(amounts),
                high=max(amounts) if len(amounts) > 1 else None,
            )
    raise AssertionError(used)


def _fact(name: str) -> Build:
    return lambda _: (NoteFact(name=name),)


def _of_party(used: Used) -> tuple[Plan, ...]:
    detail = "_id" if _has(used, "TAXID") else "_uf" if _has(used, "STATE") else "_name" if _has(used, "NAME") else ""
    parties = [
        side
        for kind, side in (("ISSUER", "issuer"), ("EMITTED", "issuer"), ("RECIPIENT", "recipient"))
        if _has(used, kind)
    ]
    return tuple(NoteFact(name=side + detail) for side in parties or ["issuer", "recipient"])


def _stated(used: Used) -> tuple[Plan, ...]:
    return (TaxStated(tax=_value(used, "TAX"), part=_part(used), item=_digits(used)),)


def _due(used: Used) -> tuple[Plan, ...]:
    bearing = "débito" if _has(used, "OWED") else "crédito" if _has(used, "RECOVER") else ""
    return (TaxDue(tax=_value(used, "TAX"), bearing=bearing, place=_value(used, "PLACE")),)


def _sum(used: Used) -> tuple[Plan, ...]:
    if _has(used, "ITEMS"):
        where = _condition(used[2:]) if len(used) > 2 else None
        summed = Sum(measure=Measure(name="value"), where=where)
        # "Total de itens" may be how many they are.
        return (summed, ItemList(where=where, count=True)) if used[0].kind == "TOTAL" else (summed,)
    return (Sum(measure=_measure(tuple(span for span in used if span.kind != "ITEMS"))),)


def _listed(used: Used) -> tuple[Plan, ...]:
    rest = tuple(span for span in used if span.kind not in ("ITEMS", "HOWMANY", "WITH"))
    return (ItemList(where=_condition(rest) if rest else None, count=_has(used, "HOWMANY")),)


def _extreme(used: Used) -> tuple[Plan, ...]:
    by_cost = _has(used, "EXPENSIVE", "CHEAP")
    measured = () if by_cost else tuple(span for span in used if span.kind not in ("ITEM", "MAX", "MIN"))
    return (Extreme(measure=_measure(measured, "either" if by_cost else "value"), least=_has(used, "CHEAP", "MIN")),)


def _item(used: Used) -> tuple[Plan, ...]:
    item = _digits(used)
    assert item is not None
    name = next((_FIELDS[span.kind] for span in used if span.kind in _FIELDS), "")
    return (ItemFact(item=item, name=name),)


def _found(used: Used) -> tuple[Plan, ...]:
    severities = tuple(_SEVERITIES[span.kind] for span in used if span.kind in _SEVERITIES)
    return (Findings(severities=tuple(sorted(severities)), item=_digits(used), count=_has(used, "HOWMANY")),)


def _explained(used: Used) -> tuple[Plan, ...]:
    part = next((span.kind.lower() for span in used if span.kind in ("LAW", "FORMULA", "EXPECTED", "FOUND")), "")
    return (Explain(code=_value(used, "CODE"), item=_digits(used), part=part),)


def _booked(name: str) -> Build:
    return lambda used: (Booked(name=name, account=_value(used, "ACCOUNTNAME")),)


def _verdict(name: str) -> Build:
    return lambda _: (Verdict(name=name),)


def _standing(name: str) -> Build:
    return lambda _: (Standing(name=name),)


def _bases(used: Used) -> tuple[Plan, ...]:
    return tuple(TaxStated(tax=tax, part=_part(used)) for tax in ("ICMS", "ICMS-ST", "IPI"))


_TABLE: Final[tuple[tuple[str, Build, str, str], ...]] = (
    ("HOWMUCH? (TOTAL VALUE? | SUM | VALUE)", _fact("total"), "qual o total da nota?", "what is the total of the note?"),
    ("HOWMUCH COSTS?", _fact("total"), "quanto é a nota?", "how much is the note?"),
    ("WHO? (ISSUER | EMITTED)", _of_party, "quem é o emitente?", "who is the issuer?"),
    ("WHO? RECIPIENT", _of_party, "quem é o destinatário?", "who is the recipient?"),
    ("(TAXID | NAME | STATE) (ISSUER | RECIPIENT)", _of_party, "qual o CNPJ do emitente?", "what is the CNPJ of the issuer?"),
    ("(ISSUER | RECIPIENT) (TAXID | NAME | STATE)", _of_party, "qual a UF do destinatário?", "what is the recipient's state?"),
    ("TAXID", _of_party, "qual o CNPJ do destinatário?", "what is the recipient's CNPJ?"),
    ("WHO? (PARTIES | ISSUER AND RECIPIENT | RECIPIENT AND ISSUER)", _fact("parties"), "quem são as partes?", "who are the parties?"),
    ("WHEN EMITTED | DATE EMITTED?", _fact("date"), "quando foi emitida?", "when was it issued?"),
    ("NUMBER", _fact("number"), "qual o número da nota?", "what is the number of the note?"),
    ("SERIES", _fact("series"), "qual a série?", "what is the series?"),
    ("NUMBER AND SERIES", _fact("number_series"), "qual o número e a série?", "what are the number and the series?"),
    ("KEY", _fact("key"), "qual a chave de acesso?", "what is the access key?"),
    ("MODEL", _fact("model"), "qual o modelo?", "what is the model?"),
    ("OPERATION", _fact("operation"), "qual a operação?", "what is the operation?"),
    ("SECTOR", _fact("sector"), "qual o setor?", "what is the sector?"),
    ("CFOP ITEMS?", _fact("cfops"), "quais os CFOPs?", "which are the CFOPs?"),
    ("NCM ITEMS?", _fact("ncms"), "quais os NCMs?", "which are the NCMs?"),
    ("HOWMUCH? $AMOUNT TAX (VALUE | TOTAL)?", _stated, "qual o total de ICMS?", "what is the total of ICMS?"),
    ("HOWMUCH? (TOTAL | VALUE)? (BASE TAX | TAX BASE)", _stated, "qual a base de cálculo do ICMS?", "what is the ICMS base?"),
    ("RATE TAX | TAX RATE", _stated, "qual a alíquota de ICMS?", "what is the ICMS rate?"),
    ("HOWMUCH? (TOTAL | VALUE)? BASE", _bases, "qual a base do IPI?", "what is the IPI base?"),
    ("HOWMUCH? $AMOUNT (TAX | BASE TAX | TAX BASE | RATE TAX | TAX RATE) $NTH", _stated, "qual o ICMS do item 1?", "what is the ICMS of item 1?"),
    ("$NTH (TAX | BASE TAX | TAX BASE | RATE TAX | TAX RATE)", _stated, "qual a alíquota de ICMS do item 1?", "what is the ICMS rate of item 1?"),
    ("HOWMUCH? $AMOUNT (OWED TAX | TAX OWED | RECOVER TAX | TAX RECOVER) (WHERE | TO? PLACE)?", _due, "quanto é devido de ICMS?", "how much ICMS is owed?"),
    ("WHERE (OWED TAX | TAX OWED) | TO? STATE (OWED TAX | TAX OWED) | TAX BY STATE | TAX OWED BY STATE", _due, "onde é devido o ICMS?", "where is the ICMS owed?"),
    ("HOWMUCH? $AMOUNT TAX TO? PLACE", _due, "quanto de ICMS para SP?", "how much ICMS for SP?"),
    ("WHERE? TAXES OWED? (TO? WHERE | BY STATE | AND WHERE)? | OWED TAXES | TAXES OWED? TO? PLACE", _due, "quais tributos são devidos e onde?", "which taxes are owed where?"),
    ("(SUM | VALUE | TOTAL) ITEMS $CONDITION?", _sum, "qual o valor total dos itens?", "what is the sum of the items?"),
    ("HOWMUCH? $AMOUNT $CHARGE", _sum, "qual o valor do frete?", "what is the freight?"),
    ("HOWMANY ITEMS WITH? $CONDITION?", _listed, "quantos itens tem a nota?", "how many items does the note have?"),
    ("ITEMS $CONDITION?", _listed, "quais itens custam mais de 100?", "which items are above 100?"),
    ("VALUE? (ITEM EXPENSIVE | EXPENSIVE ITEM | ITEM CHEAP | CHEAP ITEM)", _extreme, "qual o item mais caro?", "what is the most expensive item?"),
    ("ITEM WITH? (MAX | MIN) $MEASURE | VALUE? (MAX | MIN) ITEM", _extreme, "qual o item de maior valor?", "which item has the highest value?"),
    ("$NTH", _item, "mostre o item 1", "show item 1"),
    ("(VALUE | TOTAL | SUM | PRICE | QUANTITY | NCM | CFOP | CST | DESCRIPTION | NAME) $NTH", _item, "qual o NCM do item 1?", "what is the NCM of item 1?"),
    ("$NTH (VALUE | TOTAL | SUM | PRICE | QUANTITY | NCM | CFOP | CST | DESCRIPTION | NAME)", _item, "item 1 valor", "item 1 value"),
    ("HOWMUCH (COSTS $NTH | $NTH COSTS)", _item, "quanto custa o item 1?", "how much does item 1 cost?"),
    ("WHY? (WITH? $SEVERE | STATUS? WITH $SEVERE)", _found, "por que a nota está com erro?", "why does the note have errors?"),
    ("WHY (STATUS | RISK)?", _found, "por que este risco?", "why this risk?"),
    ("HOWMANY $SEVERE", _found, "quantos erros há?", "how many errors are there?"),
    ("$SEVERE BY SEVERITY", _found, "apontamentos por gravidade", "findings by severity"),
    ("HOWMANY? $SEVERE $NTH", _found, "quais os apontamentos do item 1?", "which findings has item 1?"),
    ("(EXPLAIN | WHY)? CODE EXPLAIN? | (LAW | FORMULA | EXPECTED | FOUND) CODE", _explained, "explique TOT-20", "explain TOT-20"),
    ("(EXPLAIN | WHY)? CODE $NTH", _explained, "explique NCM-01 do item 1", "explain NCM-01 of item 1"),
    ("STATUS", _verdict("status"), "qual a situação da nota?", "what is the status of the note?"),
    ("HOWMUCH? RISK", _verdict("risk"), "qual o risco?", "what is the risk?"),
    ("STATUS AND RISK | RISK AND STATUS", _verdict("risk"), "qual o risco e a situação?", "what are the risk and the status?"),
    ("SUMMARY", _verdict("summary"), "resuma a nota", "summarise the note"),
    ("TITLE", _verdict("title"), "qual o título do relatório?", "what is the title of the report?"),
    ("STATUS? RECON | RECON STATUS", _verdict("recon"), "qual a conciliação?", "what is the reconciliation?"),
    ("STATUS? AUTHORISED", _standing("authorised"), "a nota está autorizada?", "is the note authorised?"),
    ("CANCELLED", _standing("cancelled"), "a nota está cancelada?", "is the note cancelled?"),
    ("BOOKED | WHY? UNBOOKED", _standing("booked"), "por que não foi escriturada?", "why was it not booked?"),
    ("WHY? DUPLICATE", _standing("duplicate"), "a nota é duplicada?", "is the note a duplicate?"),
    ("HOWMUCH? $AMOUNT DEBITS", _booked("debits"), "qual o total de débitos?", "what is the total of the debits?"),
    ("HOWMUCH? $AMOUNT CREDITS", _booked("credits"), "qual o total de créditos?", "what is the total of the credits?"),
    ("$AMOUNT (DEBITS AND CREDITS | CREDITS AND DEBITS)", _booked("balanced"), "débitos e créditos", "debits and credits"),
    ("(ENTRIES BALANCED | BALANCED ENTRIES | (DEBITS AND CREDITS | CREDITS AND DEBITS) BALANCED | BALANCED (DEBITS AND CREDITS | CREDITS AND DEBITS))", _booked("balanced"), "os débitos e créditos batem?", "do debits and credits match?"),
    ("DEBITS (EQUAL | BALANCED WITH) CREDITS", _booked("balanced"), "os lançamentos fecham?", "are the entries balanced?"),
    ("ENTRIES", _booked("entries"), "quais os lançamentos?", "which are the ledger entries?"),
    ("HOWMANY ENTRIES", _booked("count"), "quantos lançamentos há?", "how many entries are there?"),
    ("ENTRIES BY ACCOUNT | ACCOUNT", _booked("accounts"), "lançamentos por conta", "entries by account"),
    ("ENTRIES ACCOUNT? ACCOUNTNAME | ACCOUNT ACCOUNTNAME", _booked("account"), "lançamentos da conta Clientes", "entries of the account 1.1.2.01"),
)  # fmt: skip

RULES: Final = tuple(Rule(pattern=parse(text, _NAMED), build=build, example=(pt, en)) for text, build, pt, en in _TABLE)
