"""The CFOP of each item: does it exist, does it point the way the note goes, and where it goes. CFO-01 … CFO-04."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.note import Item, Note
from engine.fiscal.rules.model import Rule, Surroundings, Text
from engine.fiscal.states import ABROAD

#: First digits of entries and of exits, each in the order internal, interstate, abroad.
ENTRIES: Final = "123"
EXITS: Final = "567"
#: idDest that each first digit wants, and the rejection where it is another.
DESTINATIONS: Final = {
    "1": ("1", "733"), "5": ("1", "733"),
    "2": ("2", "732"), "6": ("2", "732"),
    "3": ("3", "731"), "7": ("3", "731"),
}  # fmt: skip


def exists(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    tables, day = surroundings.tables, note.issue_date
    if not tables.cfop:
        return
    for item in items:
        code = item.cfop
        if code is None:
            continue
        known = tables.cfop_known(code)
        if not known or (day and not tables.cfop_in_force(code, day)):
            yield Finding(
                code="CFO-01",
                severity=Severity.ERRO,
                item=item.number,
                path=item.product.where("CFOP"),
                found=code,
                arguments={"case": "validity", "day": day} if known and day else {},
            )


def _wrong_digits(note: Note) -> str:
    """First digits of CFOPs that point against tpNF."""
    return {"1": ENTRIES, "0": EXITS}.get(note.identification.text("tpNF") or "", "")


def direction(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    wrong = _wrong_digits(note)
    leaving = wrong == ENTRIES
    for item in items:
        code = item.cfop
        if code is not None and code[0] in wrong:
            yield Finding(
                code="CFO-02",
                severity=Severity.ERRO,
                item=item.number,
                path=item.product.where("CFOP"),
                found=code,
                expected="5, 6, 7" if leaving else "1, 2, 3",
                arguments={"case": "exit" if leaving else "entry"},
                cstat="518" if leaving else "519",
            )


def _misplaced(found: str | None, code: str) -> tuple[str, str, str] | None:
    """(idDest found, idDest wanted, rejection) where the first digit contradicts idDest."""
    wanted, cstat = DESTINATIONS.get(code[0], (None, ""))
    return (found, wanted, cstat) if found and wanted and found != wanted else None


def destination(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    wrong, given = _wrong_digits(note), note.identification.text("idDest")
    for item in items:
        code = item.cfop
        if code is None or code[0] in wrong:
            continue
        if misplaced := _misplaced(given, code):
            found, wanted, cstat = misplaced
            yield Finding(
                code="CFO-03",
                severity=Severity.ALERTA if note.medium == "list" else Severity.ERRO,
                item=item.number,
                path=item.product.where("CFOP"),
                found=code,
                expected=wanted,
                arguments={"destination": found},
                cstat=cstat,
            )


def _way(note: Note) -> tuple[str | None, str | None]:
    """UFs the goods leave and reach: places of withdrawal and delivery count before the parties' own."""
    sender, receiver = note.issuer.uf, note.recipient.uf
    if note.identification.text("tpNF") == "0":
        sender, receiver = receiver, sender
    withdrawal, delivery = note.others.get("retirada"), note.others.get("entrega")
    return (withdrawal and withdrawal.uf) or sender, (delivery and delivery.uf) or receiver


def _contributor(note: Note) -> bool:
    """indIEDest = 1; layouts before it existed: whoever has a state registration."""
    indicator = note.recipient.group.text("indIEDest")
    if indicator is not None:
        return indicator == "1"
    registration = note.recipient.state_registration
    return bool(registration) and registration != "ISENTO"


def _over_the_counter(note: Note, item: Item) -> bool:
    """Sold in presence without freight, or fuel consumed in the issuer's own UF: internal whoever buys."""
    transport = note.sections.get("transp")
    in_presence = (
        note.identification.text("indPres") == "1" and transport is not None and transport.text("modFrete") == "9"
    )
    return in_presence or item.product.text("comb/UFCons") == note.issuer.uf


def geography(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    origin, reached = note.issuer.uf, note.recipient.uf
    if not origin or not reached or ABROAD in (origin, reached):
        return
    leaves, arrives = _way(note)
    crosses, stays = origin != reached and leaves != arrives, origin == reached and leaves == arrives
    wrong, given = _wrong_digits(note), note.identification.text("idDest")
    # Lists and layouts before 3.10 do not say where the operation ends nor, the former, where the goods are handed over.
    certain = note.medium == "xml" and given is not None
    for item in items:
        code = item.cfop
        if code is None or code[0] in wrong or _misplaced(given, code):
            continue
        if crosses and code[0] in "15" and _contributor(note) and not _over_the_counter(note, item):
            case, cstat = "internal", "521" if code[0] == "5" else "522"
        elif stays and code[0] in "26":
            case, cstat = "interstate", "772" if given else "523"
        else:
            continue
        yield Finding(
            code="CFO-04",
            severity=Severity.ERRO if certain else Severity.ALERTA,
            item=item.number,
            path=item.product.where("CFOP"),
            found=code,
            arguments={"case": case, "origin": origin, "reached": reached},
            cstat=cstat,
        )


RULES: Final = (
    Rule(
        code="CFO-01",
        severity=Severity.ERRO,
        title=Text("CFOP inexistente", "Unknown CFOP"),
        messages={
            "": Text("Item {item}: o CFOP {found} não existe.", "Item {item}: there is no CFOP {found}."),
            "validity": Text(
                "Item {item}: o CFOP {found} não vigorava em {day}.",
                "Item {item}: CFOP {found} was not in force on {day}.",
            ),
        },
        legal="Convênio s/nº de 15/12/1970, Anexo II (CFOP); Ajuste SINIEF 07/01",
        check_items=exists,
    ),
    Rule(
        code="CFO-02",
        severity=Severity.ERRO,
        title=Text("CFOP na direção errada", "CFOP in the wrong direction"),
        messages={
            "exit": Text(
                "Item {item}: CFOP {found} é de entrada e a nota é de saída (tpNF 1); deveria começar por {expected}.",
                "Item {item}: CFOP {found} is an entry and the note is an exit (tpNF 1); it should begin with {expected}.",
            ),
            "entry": Text(
                "Item {item}: CFOP {found} é de saída e a nota é de entrada (tpNF 0); deveria começar por {expected}.",
                "Item {item}: CFOP {found} is an exit and the note is an entry (tpNF 0); it should begin with {expected}.",
            ),
        },
        legal="Convênio s/nº de 15/12/1970, Anexo II (CFOP); MOC 7.0, regra I08",
        cstat=("518", "519"),
        check_items=direction,
    ),
    Rule(
        code="CFO-03",
        severity=Severity.ERRO,
        title=Text("CFOP e destino da operação", "CFOP and destination of the operation"),
        messages={
            "": Text(
                "Item {item}: o CFOP {found} pede idDest {expected} (1 interna, 2 interestadual, 3 exterior) e a nota informa {destination}.",
                "Item {item}: CFOP {found} wants idDest {expected} (1 internal, 2 interstate, 3 abroad) and the note says {destination}.",
            )
        },
        legal="Convênio s/nº de 15/12/1970, Anexo II (CFOP); MOC 7.0, regra I08",
        cstat=("731", "732", "733"),
        check_items=destination,
    ),
    Rule(
        code="CFO-04",
        severity=Severity.ERRO,
        title=Text("CFOP e UF das partes", "CFOP and UF of the parties"),
        messages={
            "internal": Text(
                "Item {item}: o CFOP {found} é de operação interna, mas o emitente é de {origin} e o destinatário, contribuinte do ICMS, de {reached}.",
                "Item {item}: CFOP {found} is for internal operations, but the issuer is in {origin} and the recipient, a contributor of ICMS, in {reached}.",
            ),
            "interstate": Text(
                "Item {item}: o CFOP {found} é de operação interestadual, mas emitente e destinatário são de {origin} e não há local de entrega ou "
                "retirada em outra UF.",
                "Item {item}: CFOP {found} is for interstate operations, but issuer and recipient are both in {origin} and nothing is delivered or "
                "withdrawn in another UF.",
            ),
        },
        legal="Convênio s/nº de 15/12/1970, Anexo II (CFOP); LC 87/1996, art. 11; MOC 7.0, regras I08 e E16a",
        cstat=("521", "522", "523", "772"),
        alias=("CFOP-GEO-01", "CFOP-GEO-02"),
        check_items=geography,
    ),
)
