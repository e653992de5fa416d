"""The NCM of each item: does it exist, and is it more than zeros. NCM-01 and NCM-02."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.note import Item, Note
from engine.fiscal.rules.model import Rule, Surroundings, Text
from engine.fiscal.tables import NCM_EPOCH, Tables

#: What is written where there are no goods to classify.
BLANK: Final = frozenset({"00", "00000000"})
#: Endings of CFOPs that move no goods: transfers of ICMS credit, and services taxed by ISSQN.
WITHOUT_GOODS: Final = frozenset({"601", "602", "603", "604", "605", "606", "933"})
#: Layouts that took the chapter (two digits) instead of the whole code.
CHAPTER_LAYOUTS: Final = ("1.", "2.", "3.")


def _has_goods(item: Item) -> bool:
    return not item.is_service and (item.cfop or "")[1:] not in WITHOUT_GOODS


def _finding(item: Item, severity: Severity, case: str, cstat: str, **more: str) -> Finding:
    return Finding(
        code="NCM-01",
        severity=severity,
        item=item.number,
        path=item.product.where("NCM"),
        found=item.ncm,
        arguments={"case": case, **more},
        cstat=cstat,
    )


def classified(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    tables, day = surroundings.tables, note.issue_date
    if not tables.ncm:
        return
    by_chapter = (note.layout or "").startswith(CHAPTER_LAYOUTS)
    for item in items:
        code = item.ncm
        if code is None or code in BLANK:
            continue
        if len(code) == 2 and code.isdigit() and by_chapter:
            if not tables.ncm_chapter_known(code):
                yield _finding(item, Severity.ALERTA, "chapter", "778")
        elif len(code) != 8 or not code.isdigit():
            present = day is None or day >= NCM_EPOCH
            yield _finding(item, Severity.ERRO if present else Severity.ALERTA, "shape", "777", length=str(len(code)))
        elif not tables.ncm_known(code):
            yield _unknown(item, code, day, tables)
        elif day is not None and day >= NCM_EPOCH and not tables.ncm_in_force(code, day):
            first, last = tables.ncm_span(code)
            yield _finding(item, Severity.ERRO, "validity", "778", day=day, first=first, last=last or "…")


def _unknown(item: Item, code: str, day: str | None, tables: Tables) -> Finding:
    """A code the table lacks: wrong for certain only where the table would have it."""
    if day is None:
        return _finding(item, Severity.ALERTA, "undated", "778")
    if day < NCM_EPOCH:
        return _finding(item, Severity.ALERTA, "unknown_before", "778", day=day)
    if tables.ncm_revised_after(code, day):
        return _finding(item, Severity.ALERTA, "revised", "778", subheading=code[:6], day=day)
    return _finding(item, Severity.ERRO, "", "778")


def meaningful(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    for item in items:
        if item.ncm in BLANK and _has_goods(item):
            yield Finding(
                code="NCM-02",
                severity=Severity.ALERTA,
                item=item.number,
                path=item.product.where("NCM"),
                found=item.ncm,
            )


RULES: Final = (
    Rule(
        code="NCM-01",
        severity=Severity.ERRO,
        title=Text("NCM inexistente ou fora de vigência", "NCM unknown or not in force"),
        messages={
            "": Text(
                "Item {item}: o NCM {found} não existe na tabela vigente.",
                "Item {item}: NCM {found} is not in the table in force.",
            ),
            "shape": Text(
                "Item {item}: o NCM {found} tem {length} posições; são oito dígitos.",
                "Item {item}: NCM {found} has {length} places; it must have eight digits.",
            ),
            "chapter": Text(
                "Item {item}: não existe o capítulo {found} da NCM.",
                "Item {item}: there is no chapter {found} in the NCM.",
            ),
            "undated": Text(
                "Item {item}: o NCM {found} não existe na tabela de hoje; a nota não traz data, e o código pode ter existido.",
                "Item {item}: NCM {found} is not in today's table; the note carries no date, and the code may have existed.",
            ),
            "unknown_before": Text(
                "Item {item}: o NCM {found} não existe na tabela de hoje; a nota é de {day}, anterior à NCM de 01/04/2022, e o código pode ter existido.",
                "Item {item}: NCM {found} is not in today's table; the note is of {day}, before the NCM of 2022-04-01, and the code may have existed.",
            ),
            "revised": Text(
                "Item {item}: o NCM {found} não existe na tabela de hoje; a subposição {subheading} foi revista depois de {day}, e o código pode ter existido.",
                "Item {item}: NCM {found} is not in today's table; subheading {subheading} was revised after {day}, and the code may have existed.",
            ),
            "validity": Text(
                "Item {item}: o NCM {found} vigora de {first} a {last} e não valia em {day}.",
                "Item {item}: NCM {found} is in force from {first} to {last} and was not on {day}.",
            ),
        },
        legal="Decreto 11.158/2022 (TIPI); Resolução Gecex 272/2021 e alterações até a 926/2026; Ajuste SINIEF 07/05",
        cstat=("777", "778"),
        alias=("NCM-INV-02",),
        check_items=classified,
    ),
    Rule(
        code="NCM-02",
        severity=Severity.ALERTA,
        title=Text("Mercadoria sem NCM", "Goods without NCM"),
        messages={
            "": Text(
                "Item {item}: NCM {found} em item que parece mercadoria; sem classificação não há como conferir IPI, ST e alíquotas.",
                "Item {item}: NCM {found} on what looks like goods; without a class neither IPI nor ST nor rates can be checked.",
            )
        },
        legal="Decreto 11.158/2022 (TIPI); Ajuste SINIEF 07/05, cláusula terceira",
        alias=("NCM-INV-01",),
        check_items=meaningful,
    ),
)
