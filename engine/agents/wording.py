"""The report's own sentences: what a document is, what the audit said of it, and what to do next. In Portuguese, as the wire stores it.

Findings and reconciliation bring their own words; this module only joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.contract.payloads import Inconsistency
from engine.extraction.result import Extraction, FactParty, Facts
from engine.fiscal.findings import Finding, Severity
from engine.fiscal.money import formatted
from engine.fiscal.note import Note, Party

#: What a family is called; a family of no name is spoken of as a document.
FAMILIES = {
    "nfe": "NF-e", "nfce": "NFC-e", "cte": "CT-e", "cteos": "CT-e OS", "ctesimp": "CT-e simplificado", "mdfe": "MDF-e",
    "nfse": "NFS-e", "dps": "DPS", "event": "Evento", "inut": "Inutilização de numeração", "efd": "EFD ICMS/IPI",
    "sped_other": "Arquivo do SPED", "pdf": "PDF", "image": "Imagem",
}  # fmt: skip

#: What to do about a document that could not be read, by its status on the wire.
UNREAD_NEXT = {
    "ocr_needed": "Envie o XML do documento, se houver: ele dispensa a leitura ótica.",
    "error": "Peça o arquivo de novo a quem o emitiu, ou baixe-o do portal da SEFAZ.",
}


def opening(name: str, lines: int, extraction: Extraction, findings: Sequence[Finding]) -> str:
    """What the document is and how it fared, in two or three sentences."""
    count = "1 linha normalizada" if lines == 1 else f"{lines} linhas normalizadas"
    return " ".join([f"Documento {name} processado com {count}.", *_sentences(extraction, findings)])


def _sentences(extraction: Extraction, findings: Sequence[Finding]) -> Iterator[str]:
    if extraction.note is not None:
        yield _sentence(extraction.family, _of_note(extraction.note))
        yield _verdict(findings)
    elif extraction.error is not None:
        line = "" if extraction.error.line is None else f" (linha {extraction.error.line})"
        yield f"{extraction.error.message.removesuffix('.')}{line}."
    elif extraction.state == "ocr_needed":
        yield "O conteúdo é imagem ou PDF: precisa de leitura ótica antes da auditoria; os bytes estão guardados."
    elif extraction.state == "done":
        yield "O arquivo reúne documentos, e cada um deles tem o seu próprio relatório."
    elif any(remark.kind == "template" for remark in extraction.remarks):
        yield "É um modelo com campos por preencher, não um documento fiscal: nada foi auditado nem escriturado."
    elif extraction.facts is not None:
        yield _sentence(extraction.family, _of_facts(extraction.facts))
        yield "Não há regras para esta família: nada foi auditado nem escriturado."
    else:
        yield "O formato não é de documento fiscal conhecido: nada foi auditado nem escriturado."


def _verdict(findings: Sequence[Finding]) -> str:
    if not findings:
        return "A auditoria não fez apontamentos."
    counted = [(sum(found.severity is severity for found in findings), severity) for severity in Severity]
    words = {Severity.ERRO: ("erro", "erros"), Severity.ALERTA: ("alerta", "alertas"), Severity.INFO: ("informação", "informações")}
    parts = [f"{count} {words[severity][count > 1]}" for count, severity in counted if count]
    return f"A auditoria apontou {_joined(parts)}."


def _sentence(family: str, parts: Iterable[str]) -> str:
    return ", ".join([FAMILIES.get(family, "Documento"), *parts]).replace(", nº", " nº", 1) + "."


def _of_note(note: Note) -> Iterator[str]:
    yield from _numbered(note.number, note.series, note.issue_date)
    yield from _parties(note.issuer, note.recipient)
    if note.value is not None:
        yield f"no valor de R$ {formatted(note.value, 'pt')}"


def _of_facts(facts: Facts) -> Iterator[str]:
    event = facts.event
    if event is not None:
        if event.type:
            yield f"tipo {event.type}"
        if event.target:
            yield f"sobre o documento {event.target}"
    if facts.range is not None:
        yield f"dos números {facts.range[0]} a {facts.range[1]}"
    yield from _numbered(facts.number, facts.series, (facts.issued_at or "")[:10] or None)
    yield from _parties(facts.issuer, facts.recipient)
    if facts.total is not None:
        yield f"no valor de R$ {formatted(facts.total, 'pt')}"


def _numbered(number: str | None, series: str | None, date: str | None) -> Iterator[str]:
    if number:
        yield f"nº {number}"
    if series:
        yield f"série {series}"
    if date:
        year, _, rest = date.partition("-")
        month, _, day = rest.partition("-")
        yield f"de {day}/{month}/{year}" if day else f"de {date}"


def _parties(issuer: Party | FactParty | None, recipient: Party | FactParty | None) -> Iterator[str]:
    for word, party in (("emitente", issuer), ("destinatário", recipient)):
        if party is not None and party.name:
            yield f"{word} {party.name}" + (f" ({party.uf})" if party.uf else "")


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} e {parts[-1]}"


def advice(found: Iterable[Inconsistency]) -> list[str]:
    """One line a rule that found something to act on, errors first; further places of the same rule are counted, not repeated."""
    lines: list[str] = []
    for severity in (Severity.ERRO, Severity.ALERTA):
        by_code: dict[str, list[str]] = {}
        for one in found:
            if one.severity == severity.value:
                by_code.setdefault(one.code, []).append(one.explanation)
        for code, explanations in by_code.items():
            more = len(explanations) - 1
            lines.append(f"{code}: {explanations[0]}" + (f" (e mais {more})" if more else ""))
    return lines
