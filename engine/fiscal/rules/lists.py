"""What reading a list (CSV, sheet) had to mend or could not pair. LST-01 and LST-02, our own: said so that nothing is silent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.note import Note
from engine.fiscal.rules.model import Rule, Surroundings, Text


def restored(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    """One finding a note and column, however many items share it."""
    told: set[str] = set()
    for remark in note.remarks:
        if remark.kind != "leading_zeros_restored":
            continue
        leaf = (remark.path or "").rpartition("/")[2]
        if leaf not in told:
            told.add(leaf)
            yield Finding(
                code="LST-01",
                severity=Severity.INFO,
                item=remark.item,
                path=remark.path,
                found=remark.found,
                expected=remark.expected,
                arguments={**remark.arguments, "leaf": leaf},
            )


def unpaired(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    for remark in note.remarks:
        if remark.kind in ("unpaired_header", "unpaired_items"):
            case = remark.kind.removeprefix("unpaired_")
            yield Finding(
                code="LST-02",
                severity=Severity.INFO,
                path=remark.path,
                found=note.access_key,
                arguments={**remark.arguments, "case": case},
            )


RULES: Final = (
    Rule(
        code="LST-01",
        severity=Severity.INFO,
        title=Text("Zeros à esquerda repostos", "Leading zeros restored"),
        messages={
            "": Text(
                "A planilha perdeu os zeros à esquerda de {leaf}: {found} foi lido como {expected}.",
                "The sheet lost the leading zeros of {leaf}: {found} was read as {expected}.",
            )
        },
        legal="Identificadores e códigos fiscais são texto de tamanho fixo (MOC 7.0)",
        check=restored,
    ),
    Rule(
        code="LST-02",
        severity=Severity.INFO,
        title=Text("Cabeçalho ou itens sem par", "Header or items without their other half"),
        messages={
            "header": Text(
                "A nota {found} veio só com o cabeçalho; os itens não estavam nos arquivos deste lote.",
                "The note {found} came with its header only; its items were not in the files of this job.",
            ),
            "items": Text(
                "A nota {found} veio só com os itens; o cabeçalho não estava nos arquivos deste lote.",
                "The note {found} came with its items only; its header was not in the files of this job.",
            ),
        },
        legal="Sem base legal: registro de como o documento foi lido",
        check=unpaired,
    ),
)
