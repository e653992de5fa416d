"""The same document twice. DUP-01 and DUP-02.

Identity is the key plus the digest of the canonical infNFe. A list holds a part of the note (its header, its items), so another content is no
contradiction there: it is further evidence unless a fact that both state (total, parties, date) differs. Only what was acknowledged later repeats, so the verdict does not depend on the order in which the
documents happened to be worked off.

With and without protocol the content is the same; the first copy that carries the authorisation adds just that, and so repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.fiscal.books import refusal
from engine.fiscal.findings import Finding, Severity
from engine.fiscal.identifiers import AccessKey, is_masked
from engine.fiscal.money import CENT
from engine.fiscal.note import Note
from engine.fiscal.rules.keys import key_path
from engine.fiscal.rules.model import Rule, Surroundings, Text, Twin

#: Cases of DUP-01 in which the document is no mere repetition: it brings what the earlier ones lack.
ADDING: Final = frozenset({"evidence", "authorised", "different_authorised"})


def _earlier(surroundings: Surroundings) -> Iterator[Twin]:
    return (twin for twin in sorted(surroundings.twins, key=lambda twin: twin.order) if twin.order < surroundings.order)


def _contradicts(note: Note, twin: Twin) -> bool:
    """A fact that both state differs; two XMLs are compared whole, by their digests."""
    if note.medium == twin.medium == "xml":
        return bool(twin.digest and note.digest and twin.digest != note.digest)
    if note.value is not None and twin.value is not None and abs(note.value - twin.value) > CENT:
        return True
    stated = (
        (note.issuer.id, twin.issuer),
        (note.recipient.id, twin.recipient),
        (note.issue_date, twin.issue_date),
    )
    return any(one and other and one != other and not (is_masked(one) or is_masked(other)) for one, other in stated)


def _equal(note: Note, twin: Twin) -> bool:
    """Nothing new in it. Digests of different media are different things."""
    return twin.medium == note.medium and (twin.digest == note.digest or not (twin.digest and note.digest))


def _brings_authorisation(note: Note, twins: list[Twin]) -> bool:
    """The note may enter the books by its protocol, and no earlier XML of its key may."""
    if note.medium != "xml" or any(twin.medium == "xml" and twin.bookable for twin in twins):
        return False
    return refusal(note) is None


def same_key(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    """One finding, the gravest: a contradiction, else the same again, else further evidence."""
    twins = [twin for twin in _earlier(surroundings) if twin.access_key and twin.access_key == note.access_key]
    if not twins:
        return
    if any(_contradicts(note, twin) for twin in twins):
        severity, case = Severity.ERRO, "different"
    elif any(_equal(note, twin) for twin in twins):
        severity, case = Severity.INFO, "equal"
    else:
        severity, case = Severity.INFO, "evidence"
    if case != "evidence" and _brings_authorisation(note, twins):
        case = "authorised" if case == "equal" else "different_authorised"
    arguments = {"case": case, "copies": str(len(twins))}
    if case == "evidence":
        arguments["booked"] = str(sum(twin.bookable for twin in twins))
    yield Finding(
        code="DUP-01",
        severity=severity,
        path=key_path(note),
        found=note.access_key,
        arguments=arguments,
        cstat="204" if severity is Severity.ERRO else None,
    )


def adds(findings: Iterable[Finding]) -> bool:
    """Whether the document brings more than the earlier ones of its key, by its own DUP-01."""
    return any(found.code == "DUP-01" and found.arguments.get("case") in ADDING for found in findings)


def is_evidence(findings: Iterable[Finding]) -> bool:
    """Whether the document is evidence of a note that is in the books by an earlier one, so that nothing hangs on it alone."""
    return any(found.code == "DUP-01" and found.arguments.get("booked", "0") != "0" for found in findings)


def same_number(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    key = AccessKey.parse(note.access_key)
    if key is None:
        return
    environment = note.identification.text("tpAmb")
    for twin in _earlier(surroundings):
        other = AccessKey.parse(twin.access_key)
        if other is None or other.text == key.text or other.number_identity != key.number_identity:
            continue
        if environment and twin.environment and environment != twin.environment:
            continue
        yield Finding(
            code="DUP-02",
            severity=Severity.ERRO,
            path=key_path(note),
            found=key.text,
            expected=other.text,
            arguments={
                "issuer": key.issuer,
                "model": key.model,
                "series": key.series.lstrip("0") or "0",
                "number": key.number.lstrip("0") or "0",
            },
            cstat="539",
        )
        return


RULES: Final = (
    Rule(
        code="DUP-01",
        severity=Severity.ERRO,
        title=Text("Documento repetido", "Repeated document"),
        messages={
            "different": Text(
                "A chave {found} já foi recebida com outro conteúdo ({copies} documento(s)): uma das versões não é a autorizada.",
                "The key {found} was received before with other content ({copies} document(s)): one of the versions is not the authorised one.",
            ),
            "equal": Text(
                "A chave {found} já foi recebida com o mesmo conteúdo ({copies} documento(s)); esta cópia nada acrescenta.",
                "The key {found} was received before with the same content ({copies} document(s)); this copy adds nothing.",
            ),
            "evidence": Text(
                "A chave {found} já foi recebida em outro meio ou em outra lista ({copies} documento(s)), e nada se contradiz: vale como evidência "
                "adicional da mesma nota, que não é escriturada duas vezes.",
                "The key {found} was received before in another medium or list ({copies} document(s)), and nothing contradicts: this counts as further "
                "evidence of the same note, which is not booked twice.",
            ),
            "authorised": Text(
                "A chave {found} já foi recebida com o mesmo conteúdo ({copies} documento(s)), mas sem autorização em vigor; este arquivo traz o "
                "protocolo que a autoriza.",
                "The key {found} was received before with the same content ({copies} document(s)), but without an authorisation in force; this file "
                "carries the protocol that authorises it.",
            ),
            "different_authorised": Text(
                "A chave {found} já foi recebida com outro conteúdo ({copies} documento(s)), que não traz autorização em vigor; a versão com o "
                "protocolo de autorização é esta.",
                "The key {found} was received before with other content ({copies} document(s)), which carries no authorisation in force; the version "
                "with the authorisation protocol is this one.",
            ),
        },
        legal="Ajuste SINIEF 07/05, cláusula quinta; MOC 7.0, regra 1B01 (duplicidade)",
        cstat=("204",),
        check=same_key,
    ),
    Rule(
        code="DUP-02",
        severity=Severity.ERRO,
        title=Text("Número repetido com outra chave", "Number repeated with another key"),
        messages={
            "": Text(
                "O emitente {issuer} já usou o número {number}, série {series}, modelo {model}, com outra chave: {expected}; esta é {found}.",
                "The issuer {issuer} has already used number {number}, series {series}, model {model}, with another key: {expected}; this one is {found}.",
            )
        },
        legal="Ajuste SINIEF 07/05, cláusula terceira, III; MOC 7.0 (duplicidade com diferença na chave de acesso)",
        cstat=("539",),
        check=same_number,
    ),
)
