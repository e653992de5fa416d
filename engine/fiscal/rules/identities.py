"""Who the document names: check digits of CNPJ and CPF; and whether it is meant at all. IDE-01, IDE-02 and IDE-06."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.identifiers import cnpj_check_digits, cnpj_valid, cpf_check_digits, cpf_valid
from engine.fiscal.note import Note, Party
from engine.fiscal.rules.model import Rule, Surroundings, Text
from engine.fiscal.states import ABROAD

#: tpAmb of the test environment.
HOMOLOGATION: Final = "2"
#: Rejection by party: of a CNPJ, of a CPF.
REJECTIONS: Final = {
    "emit": ("207", None),
    "dest": ("208", "237"),
    "transporta": ("542", "543"),
    "autXML": ("323", "325"),
}


def _parties(note: Note) -> Iterator[tuple[str, Party]]:
    yield "emit", note.issuer
    yield "dest", note.recipient
    yield from note.others.items()


def _finding(code: str, severity: Severity, name: str, party: Party, leaf: str, **more: str) -> Finding:
    element = name.partition("[")[0]
    cnpj, cpf = REJECTIONS.get(element, (None, None))
    expected = more.pop("expected", None)
    return Finding(
        code=code,
        severity=severity,
        path=party.group.where(leaf),
        found=party.id,
        expected=expected,
        arguments={"party": element, **more},
        cstat=None if severity is Severity.INFO else cnpj if leaf == "CNPJ" else cpf,
    )


def cnpj(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    for name, party in _parties(note):
        if party.id is None:
            continue
        if party.id_kind == "masked":
            yield _finding("IDE-01", Severity.INFO, name, party, "CPF" if "." in party.id else "CNPJ", case="masked")
        elif party.id_kind == "cnpj" and party.uf != ABROAD and not cnpj_valid(party.id):
            if len(party.id) != 14 or not party.id[:12].isalnum() or not party.id.isascii():
                yield _finding("IDE-01", Severity.ERRO, name, party, "CNPJ", case="shape", length=str(len(party.id)))
            elif len(set(party.id)) == 1:
                yield _finding("IDE-01", Severity.ERRO, name, party, "CNPJ", case="same")
            else:
                expected = party.id[:12] + cnpj_check_digits(party.id[:12])
                yield _finding("IDE-01", Severity.ERRO, name, party, "CNPJ", expected=expected)


def cpf(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    for name, party in _parties(note):
        if party.id is not None and party.id_kind == "cpf" and party.uf != ABROAD and not cpf_valid(party.id):
            if len(party.id) != 11 or not party.id.isdigit() or not party.id.isascii():
                yield _finding("IDE-02", Severity.ERRO, name, party, "CPF", case="shape", length=str(len(party.id)))
            elif len(set(party.id)) == 1:
                yield _finding("IDE-02", Severity.ERRO, name, party, "CPF", case="same")
            else:
                expected = party.id[:9] + cpf_check_digits(party.id[:9])
                yield _finding("IDE-02", Severity.ERRO, name, party, "CPF", expected=expected)


def environment(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    if note.identification.text("tpAmb") == HOMOLOGATION:
        yield Finding(
            code="IDE-06", severity=Severity.INFO, path=note.identification.where("tpAmb"), found=HOMOLOGATION
        )


RULES: Final = (
    Rule(
        code="IDE-01",
        severity=Severity.ERRO,
        title=Text("CNPJ inválido", "Invalid CNPJ"),
        messages={
            "": Text(
                "CNPJ do {party:party}: consta {found}; pelos dígitos verificadores seria {expected}.",
                "The CNPJ of {party:party} is {found}; by its check digits it would be {expected}.",
            ),
            "shape": Text(
                "CNPJ do {party:party}: consta {found}, com {length} posições; são 14, as doze primeiras letras ou dígitos e as duas últimas dígitos.",
                "The CNPJ of {party:party} is {found}, with {length} places; it must have 14, the first twelve letters or digits and the last two digits.",
            ),
            "same": Text(
                "CNPJ do {party:party}: repete o mesmo caractere: {found}.",
                "The CNPJ of {party:party} repeats one character: {found}.",
            ),
            "masked": Text(
                "O identificador do {party:party} veio mascarado ({found}) e não pode ser conferido.",
                "The identifier of {party:party} came masked ({found}) and cannot be checked.",
            ),
        },
        legal="IN RFB 2.119/2022; IN RFB 2.229/2024 (CNPJ alfanumérico); MOC 7.0",
        cstat=("207", "208", "542", "323"),
        check=cnpj,
    ),
    Rule(
        code="IDE-02",
        severity=Severity.ERRO,
        title=Text("CPF inválido", "Invalid CPF"),
        messages={
            "": Text(
                "CPF do {party:party}: consta {found}; pelos dígitos verificadores seria {expected}.",
                "The CPF of {party:party} is {found}; by its check digits it would be {expected}.",
            ),
            "shape": Text(
                "CPF do {party:party}: consta {found}, com {length} posições; são 11 dígitos.",
                "The CPF of {party:party} is {found}, with {length} places; it must have 11 digits.",
            ),
            "same": Text(
                "CPF do {party:party}: repete o mesmo dígito: {found}.",
                "The CPF of {party:party} repeats one digit: {found}.",
            ),
        },
        legal="IN RFB 2.172/2024 (CPF); MOC 7.0",
        cstat=("237", "543", "325"),
        check=cpf,
    ),
    Rule(
        code="IDE-06",
        severity=Severity.INFO,
        title=Text("Ambiente de homologação", "Test environment"),
        messages={
            "": Text(
                "A nota é do ambiente de homologação (tpAmb {found}), sem valor fiscal: foi auditada, mas não é escriturada nem entra na apuração.",
                "The note is of the test environment (tpAmb {found}), without fiscal value: it was audited, but is neither booked nor apportioned.",
            )
        },
        legal="MOC 7.0, campo B24 (tpAmb: 2, homologação)",
        check=environment,
    ),
)
