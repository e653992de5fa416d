"""The access key: its shape, its check digit, its agreement with the document and with the protocol. CHV-01 … CHV-04."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.fiscal import states
from engine.fiscal.findings import Finding, Severity
from engine.fiscal.identifiers import AccessKey, bare, key_check_digit, same_under_mask
from engine.fiscal.note import Note
from engine.fiscal.rules.model import XML_ONLY, Rule, Surroundings, Text

#: The first NF-e were authorised in 2005.
FIRST_YEAR: Final = "05"
AUTHORISED: Final = frozenset({"100", "150"})
#: Fields that say how the note was sent and not which it is; authorised notes with other values in the key exist.
TECHNICAL: Final = frozenset({"tpEmis", "cDV"})
#: Authorised once and without effect since: cancelled, or denied.
WITHOUT_EFFECT: Final = {
    "101": "cancelled", "151": "cancelled", "155": "cancelled",
    "110": "denied", "205": "denied", "301": "denied", "302": "denied", "303": "denied",
}  # fmt: skip


def key_path(note: Note) -> str:
    """Where the key is written: the attribute Id of infNFe, or the column of the list."""
    if note.medium == "list":
        return note.identification.where("chave")
    return f"{note.identification.path.removesuffix('/ide')}/@Id"


def _malformation(key: AccessKey) -> tuple[str, str, str] | None:
    """(cStat, part, its text) of the first part of a key that cannot be."""
    if key.uf is None:
        return "614", "cUF", key.uf_code
    if key.year_month[:2] < FIRST_YEAR:
        return "615", "AA", key.year_month[:2]
    if not "01" <= key.year_month[2:] <= "12":
        return "616", "MM", key.year_month[2:]
    if not key.issuer.strip("0"):
        return "617", "CNPJ", key.issuer
    if key.model not in ("55", "65"):
        return "618", "mod", key.model
    if not key.number.strip("0"):
        return "619", "nNF", key.number
    return None


def shape(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    text = note.access_key
    if text is None:
        if note.medium == "xml":
            yield Finding(
                code="CHV-01", severity=Severity.ERRO, path=key_path(note), arguments={"case": "absent"}, cstat="546"
            )
        return
    key = AccessKey.parse(text)
    if key is None:
        yield Finding(
            code="CHV-01",
            severity=Severity.ERRO,
            path=key_path(note),
            found=text,
            arguments={"length": str(len(text))},
            cstat="546",
        )
        return
    if malformed := _malformation(key):
        cstat, part, value = malformed
        arguments = {"case": "part", "part": part, "value": value}
        yield Finding(
            code="CHV-01", severity=Severity.ERRO, path=key_path(note), found=text, arguments=arguments, cstat=cstat
        )
    elif note.identifier is not None and note.identifier != f"NFe{text}":
        arguments = {"case": "prefix"}
        yield Finding(
            code="CHV-01",
            severity=Severity.ERRO,
            path=key_path(note),
            found=note.identifier,
            expected=f"NFe{text}",
            arguments=arguments,
            cstat="227",
        )


def check_digit(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    key = AccessKey.parse(note.access_key)
    if key is not None and not key.check_digit_right:
        yield Finding(
            code="CHV-02",
            severity=Severity.ERRO,
            path=key_path(note),
            found=key.check_digit,
            expected=key_check_digit(key.text[:43]),
            arguments={"key": key.text},
            cstat="236",
        )


def _issuer_differs(note: Note, key: AccessKey) -> bool:
    identifier = note.issuer.id
    if identifier is None:
        return False
    if note.issuer.id_kind == "masked":
        shown = bare(identifier)
        return not same_under_mask(identifier, key.issuer[-len(shown) :])
    return bare(identifier).zfill(14) != key.issuer


def _written_code(key: AccessKey, layout: str | None) -> str:
    """cNF as the layout has it: nine digits and no tpEmis before it in 1.x."""
    return key.emission + key.code if layout and layout.startswith("1.") else key.code


def _disagreements(note: Note, key: AccessKey) -> Iterator[tuple[str, str, str]]:
    """(field, in the key, in the document) wherever both speak and differ."""
    written = note.identification.text
    uf_code = written("cUF") or states.CODES.get(note.issuer.uf or "")
    if uf_code and uf_code != key.uf_code:
        yield "cUF", key.uf_code, uf_code
    day = note.issue_date
    if day and day[2:4] + day[5:7] != key.year_month:
        yield "AAMM", key.year_month, day[2:4] + day[5:7]
    if _issuer_differs(note, key):
        yield "CNPJ/CPF", key.issuer, note.issuer.id or ""
    numbers = [("mod", key.model), ("serie", key.series), ("nNF", key.number), ("cNF", _written_code(key, note.layout))]
    if not (note.layout and note.layout.startswith("1.")):
        numbers.append(("tpEmis", key.emission))
    if key.check_digit_right:
        numbers.append(("cDV", key.check_digit))
    for name, in_key in numbers:
        text = written(name)
        if text is not None and text.zfill(len(in_key)) != in_key:
            yield name, in_key, text


def agreement(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    key = AccessKey.parse(note.access_key)
    if key is None:
        return
    differing = list(_disagreements(note, key))
    if not differing:
        return
    names = {name for name, _, _ in differing}
    case = "avulsa" if key.is_avulsa else "list" if note.medium == "list" else ""
    severity = Severity.INFO if case else Severity.ALERTA if names <= TECHNICAL else Severity.ERRO
    yield Finding(
        code="CHV-03",
        severity=severity,
        path=key_path(note),
        found=key.text,
        arguments={
            "case": case,
            "fields": ", ".join(sorted(names)),
            "comparison": "; ".join(f"{name}: {in_key} ≠ {written}" for name, in_key, written in differing),
        },
        cstat=None if case else "561" if names == {"AAMM"} else "253" if names == {"cDV"} else "502",
    )


def protocol(note: Note, surroundings: Surroundings) -> Iterator[Finding]:
    if note.protocol is None:
        return
    group = note.protocol.group
    key, status, digest = group.text("chNFe"), note.protocol.status, group.text("digVal")
    if key and note.access_key and key != note.access_key:
        yield Finding(
            code="CHV-04",
            severity=Severity.ERRO,
            path=group.where("chNFe"),
            found=key,
            expected=note.access_key,
            arguments={"case": "key"},
            cstat="216",
        )
    if status in WITHOUT_EFFECT:
        arguments = {"case": WITHOUT_EFFECT[status]}
        yield Finding(
            code="CHV-04", severity=Severity.ALERTA, path=group.where("cStat"), found=status, arguments=arguments
        )
    elif status is not None and status not in AUTHORISED:
        yield Finding(
            code="CHV-04", severity=Severity.ERRO, path=group.where("cStat"), found=status, arguments={"case": "status"}
        )
    if digest and note.signature_digest and "".join(digest.split()) != "".join(note.signature_digest.split()):
        yield Finding(
            code="CHV-04",
            severity=Severity.ERRO,
            path=group.where("digVal"),
            found=digest,
            expected=note.signature_digest,
            arguments={"case": "digest"},
            cstat="613",
        )


RULES: Final = (
    Rule(
        code="CHV-01",
        severity=Severity.ERRO,
        title=Text("Chave de acesso malformada", "Malformed access key"),
        messages={
            "": Text(
                "A chave de acesso tem {length} posições ou caracteres fora do lugar: {found}. São 44: seis dígitos, doze letras ou dígitos, 26 dígitos.",
                "The access key has {length} places or characters out of place: {found}. It must have 44: six digits, twelve letters or digits, 26 digits.",
            ),
            "absent": Text("O documento não traz chave de acesso.", "The document carries no access key."),
            "part": Text(
                "A chave {found} traz {part} = {value}, que não pode existir.",
                "The key {found} carries {part} = {value}, which cannot exist.",
            ),
            "prefix": Text(
                "O atributo Id é {found}; deveria ser {expected}: o literal NFe seguido da chave.",
                "The attribute Id is {found}; it should be {expected}: the literal NFe followed by the key.",
            ),
        },
        legal="Ajuste SINIEF 07/05, cláusula terceira; MOC 7.0, item 5.4 (chave de acesso)",
        cstat=("227", "546", "614", "615", "616", "617", "618", "619"),
        implies=("CHV-03",),
        check=shape,
    ),
    Rule(
        code="CHV-02",
        severity=Severity.ERRO,
        title=Text("Dígito verificador da chave", "Check digit of the access key"),
        messages={
            "": Text(
                "A chave {key} termina em {found}; o módulo 11 das 43 posições anteriores dá {expected}.",
                "The key {key} ends in {found}; modulo 11 of the 43 places before it gives {expected}.",
            )
        },
        legal="Ajuste SINIEF 07/05; MOC 7.0, item 5.4; NT Conjunta DFe 2025.001 (chave alfanumérica)",
        cstat=("236", "253"),
        check=check_digit,
    ),
    Rule(
        code="CHV-03",
        severity=Severity.ERRO,
        title=Text("Chave não corresponde ao documento", "Key does not match the document"),
        messages={
            "": Text(
                "A chave {found} não é a concatenação dos campos do documento (na chave ≠ no documento): {comparison}.",
                "The key {found} is not made of the document's own fields (in the key ≠ in the document): {comparison}.",
            ),
            "avulsa": Text(
                "Nota avulsa (série 890 a 899): a chave é de quem a emitiu, a Secretaria da Fazenda, e difere do documento em {fields} "
                "(na chave ≠ no documento: {comparison}).",
                "Note issued by the tax office for another (series 890 to 899): the key belongs to the office and differs from the document in {fields} "
                "(in the key ≠ in the document: {comparison}).",
            ),
            "list": Text(
                "A chave {found} e as colunas da planilha diferem (na chave ≠ na planilha): {comparison}.",
                "The key {found} and the columns of the sheet differ (in the key ≠ in the sheet): {comparison}.",
            ),
        },
        legal="Ajuste SINIEF 07/05, cláusula terceira; MOC 7.0, item 5.4; NT 2018.001 (emitente pessoa física)",
        cstat=("502", "561", "253"),
        check=agreement,
    ),
    Rule(
        code="CHV-04",
        severity=Severity.ERRO,
        title=Text("Protocolo de autorização", "Authorisation protocol"),
        messages={
            "key": Text(
                "O protocolo autoriza outra nota: chNFe {found}, enquanto a chave deste documento é {expected}.",
                "The protocol authorises another note: chNFe {found}, while the key of this document is {expected}.",
            ),
            "cancelled": Text(
                "O protocolo informa cStat {found}: nota cancelada, sem efeito fiscal.",
                "The protocol says cStat {found}: the note is cancelled and has no fiscal effect.",
            ),
            "denied": Text(
                "O protocolo informa cStat {found}: uso denegado, a nota não tem efeito fiscal.",
                "The protocol says cStat {found}: use was denied, the note has no fiscal effect.",
            ),
            "status": Text(
                "O protocolo informa cStat {found}, que não é de autorização (100 ou 150).",
                "The protocol says cStat {found}, which is no authorisation (100 or 150).",
            ),
            "digest": Text(
                "O resumo autorizado (digVal {found}) não é o da assinatura do documento (DigestValue {expected}): o arquivo não é o que a SEFAZ autorizou.",
                "The authorised digest (digVal {found}) is not that of the document's signature (DigestValue {expected}): this is not the file SEFAZ authorised.",
            ),
        },
        legal="Ajuste SINIEF 07/05, cláusula nona",
        cstat=("216", "613"),
        media=XML_ONLY,
        check=protocol,
    ),
)
