"""The file itself: readable, in the layout it declares, authorised. XML-01 … XML-04 and PRT-01.

XML-03 (characters recovered) and XML-04 (template) are our own: said so that nothing is silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.note import Note, Remark
from engine.fiscal.rules.model import XML_ONLY, Rule, Surroundings, Text, Twin


class Problem(Protocol):
    """Why bytes could not be read, as extraction says it."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def line(self) -> int | None: ...


def unreadable(problem: Problem, english: str | None = None) -> Finding:
    """XML-01, for a document that has no note to audit. `english` is the reason in English, where the caller has it."""
    arguments = {"reason": problem.message, "reason_en": english or problem.message}
    if problem.line is None:
        arguments["case"] = "nowhere"
    else:
        arguments["line"] = str(problem.line)
    return Finding(code="XML-01", severity=Severity.ERRO, found=problem.code, arguments=arguments, cstat="215")


#: Departures from the schema that change no content: the order of elements, blanks around text, the absent signature.
FORMAL: Final = frozenset({"order", "blank", "signature"})
#: Leaves that only describe (xNome, infCpl, fone …): empty, they take nothing from the document.
DESCRIPTIVE: Final = re.compile(r"x[A-Z]\w*|inf[A-Z]\w*|nro|fone|email")


def _commas(remarks: list[Remark]) -> Finding:
    first = remarks[0]
    return Finding(
        code="XML-02",
        severity=Severity.ERRO,
        item=first.item,
        path=first.path,
        found=first.found,
        expected=first.expected,
        arguments={"case": "comma", "count": str(len(remarks))},
        cstat="225",
    )


def _departure(remark: Remark) -> Finding:
    """What the official schema says against one place; its problems are those of `engine.extraction.schema_errors`."""
    problem, element = remark.arguments.get("problem", ""), remark.arguments.get("element", "")
    case = "signature" if (problem, element) == ("missing", "Signature") else problem
    formal = case in FORMAL or (case == "empty" and DESCRIPTIVE.fullmatch(element))
    return Finding(
        code="XML-02",
        severity=Severity.ALERTA if formal else Severity.ERRO,
        item=remark.item,
        path=remark.path,
        found=remark.found,
        expected=remark.expected,
        arguments={"element": element, "case": case if case in DEPARTURES else ""},
        cstat="225",
    )


def _rest(remark: Remark, told: list[Finding]) -> Finding:
    """How many departures are not told one by one: as grave as the gravest that is."""
    grave = any(finding.severity is Severity.ERRO for finding in told)
    arguments = {"case": "more", "count": remark.arguments.get("count", "")}
    return Finding(
        code="XML-02", severity=Severity.ERRO if grave else Severity.ALERTA, arguments=arguments, cstat="225"
    )


def _unchecked(remark: Remark) -> Finding:
    arguments = {"case": "older" if remark.found else "unversioned"}
    return Finding(
        code="XML-02", severity=Severity.ALERTA, found=remark.found, expected=remark.expected, arguments=arguments
    )


def schema(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    told: list[Finding] = []
    commas = [remark for remark in note.remarks if remark.kind == "decimal_comma"]
    if commas:
        told.append(_commas(commas))
    for remark in note.remarks:
        if remark.kind == "schema_older":
            told.append(_unchecked(remark))
        elif remark.kind == "schema":
            problem = remark.arguments.get("problem")
            if problem == "more":
                told.append(_rest(remark, told))
            elif problem != "decimal_comma" or not commas:
                told.append(_departure(remark))
    return iter(told)


def recovered(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    for remark in note.remarks:
        if remark.kind == "encoding_recovered":
            yield Finding(
                code="XML-03", severity=Severity.INFO, found=remark.found, expected=remark.expected or "utf-8"
            )
            return


def template(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    if any(remark.kind == "template" for remark in note.remarks):
        yield Finding(code="XML-04", severity=Severity.INFO)


def authorised(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    if note.protocol is not None:
        return
    if any(_authorises(twin, note) for twin in surroundings.twins if twin.order < surroundings.order):
        yield Finding(code="PRT-01", severity=Severity.INFO, path="protNFe", arguments={"case": "elsewhere"})
    else:
        yield Finding(code="PRT-01", severity=Severity.ALERTA, path="protNFe")


def _authorises(twin: Twin, note: Note) -> bool:
    """The same content with the authorisation that this file lacks."""
    if twin.medium != "xml" or not twin.bookable or note.digest is None:
        return False
    return (twin.access_key, twin.digest) == (note.access_key, note.digest)


DEPARTURES: Final = {
    "": Text("O documento não segue o leiaute em {path}.", "The document departs from its layout at {path}."),
    "comma": Text(
        "Vírgula decimal: {path} traz {found}; o leiaute exige ponto ({expected}). {count} valor(es) assim, lidos como se o ponto estivesse lá.",
        "Decimal comma: {path} says {found}; the layout demands a dot ({expected}). {count} value(s) like it, read as if the dot were there.",
    ),
    "decimal_comma": Text(
        "Vírgula decimal: {path} traz {found}; o leiaute exige ponto.",
        "Decimal comma: {path} says {found}; the layout demands a dot.",
    ),
    "older": Text(
        "O documento usa a versão {found} do leiaute, da qual não há esquema para conferi-lo.",
        "The document uses version {found} of the layout, of which no schema is held to check it against.",
    ),
    "unversioned": Text(
        "O documento não declara a versão do leiaute e não pôde ser conferido com o esquema.",
        "The document declares no version of the layout and could not be checked against a schema.",
    ),
    "signature": Text("O documento não traz assinatura digital.", "The document carries no digital signature."),
    "order": Text(
        "O elemento {element} está fora da ordem do leiaute ({path}); o conteúdo não muda.",
        "Element {element} stands out of the order of the layout ({path}); the content is not changed.",
    ),
    "blank": Text(
        "O valor de {element} tem espaços ou quebras de linha em volta ({path}).",
        "The value of {element} has blanks or line breaks around it ({path}).",
    ),
    "empty": Text("O elemento {element} está vazio ({path}).", "Element {element} is empty ({path})."),
    "missing": Text(
        "Falta {element}, obrigatório no leiaute ({path}).", "{element}, mandatory in the layout, is missing ({path})."
    ),
    "unexpected": Text(
        "O leiaute não conhece {element} neste lugar ({path}).",
        "The layout does not know {element} at this place ({path}).",
    ),
    "repeated": Text(
        "O elemento {element} aparece mais vezes do que o leiaute permite ({path}).",
        "Element {element} occurs more often than the layout allows ({path}).",
    ),
    "pattern": Text(
        "O valor {found} de {element} não tem a forma que o leiaute exige ({path}).",
        "The value {found} of {element} has not the form the layout demands ({path}).",
    ),
    "length": Text(
        "O valor {found} de {element} tem tamanho que o leiaute não admite ({path}).",
        "The value {found} of {element} has a length the layout does not allow ({path}).",
    ),
    "enumeration": Text(
        "O valor {found} de {element} não está entre os que o leiaute admite ({path}).",
        "The value {found} of {element} is not among those the layout allows ({path}).",
    ),
    "number": Text(
        "O valor {found} de {element} não é um número ({path}).",
        "The value {found} of {element} is no number ({path}).",
    ),
    "content": Text(
        "{element} traz texto onde o leiaute pede elementos, ou o contrário ({path}).",
        "{element} has text where the layout wants elements, or the reverse ({path}).",
    ),
    "duplicate": Text(
        "O número de item {found} se repete ({path}).", "Item number {found} occurs more than once ({path})."
    ),
    "namespace": Text(
        "O elemento raiz não está no namespace oficial da NF-e ({path}).",
        "The root element is not in the official namespace of the NF-e ({path}).",
    ),
    "more": Text(
        "Há mais {count} desvio(s) do leiaute que não estão listados.",
        "There are {count} more departures from the layout that are not listed.",
    ),
}

RULES: Final = (
    Rule(
        code="XML-01",
        severity=Severity.ERRO,
        title=Text("Arquivo ilegível", "Unreadable file"),
        messages={
            "": Text(
                "O arquivo não pôde ser lido, na linha {line}: {reason}",
                "The file could not be read, at line {line}: {reason_en}",
            ),
            "nowhere": Text("O arquivo não pôde ser lido: {reason}", "The file could not be read: {reason_en}"),
        },
        legal="Ajuste SINIEF 07/05; MOC 7.0 (validação da área de dados)",
        cstat=("215",),
        alias=("IMPORT-FAIL",),
    ),
    Rule(
        code="XML-02",
        severity=Severity.ERRO,
        title=Text("Fora do leiaute", "Departure from the layout"),
        messages=DEPARTURES,
        legal="Ajuste SINIEF 07/05, cláusula terceira; MOC 7.0; pacote de esquemas PL_010",
        cstat=("225",),
        media=XML_ONLY,
        check=schema,
    ),
    Rule(
        code="XML-03",
        severity=Severity.INFO,
        title=Text("Caracteres recuperados", "Characters recovered"),
        messages={
            "": Text(
                "O arquivo não está em {expected}, como declara ou deveria; foi lido como {found}.",
                "The file is not in {expected}, as it declares or should be; it was read as {found}.",
            )
        },
        legal="MOC 7.0 (documento eletrônico em UTF-8)",
        check=recovered,
    ),
    Rule(
        code="XML-04",
        severity=Severity.INFO,
        title=Text("Modelo sem conteúdo", "Template without content"),
        messages={
            "": Text(
                "O documento é um modelo, com marcadores no lugar dos valores; não é escriturado.",
                "The document is a template, with placeholders instead of values; it is not booked.",
            )
        },
        legal="Sem base legal: não há documento fiscal",
        check=template,
    ),
    Rule(
        code="PRT-01",
        severity=Severity.ALERTA,
        title=Text("Sem autorização", "Without authorisation"),
        messages={
            "": Text(
                "O arquivo não traz o protocolo de autorização; sem autorização a nota não é escriturada.",
                "The file carries no authorisation protocol; without authorisation the note is not booked.",
            ),
            "elsewhere": Text(
                "O arquivo não traz o protocolo de autorização; ele está em outro arquivo da mesma nota, recebido antes.",
                "The file carries no authorisation protocol; it is in another file of the same note, received before.",
            ),
        },
        legal="Ajuste SINIEF 07/05, cláusulas quarta e nona",
        media=XML_ONLY,
        check=authorised,
    ),
)
