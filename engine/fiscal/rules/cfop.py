"""The CFOP of each item: does it exist, does it point the way the note goes, and where it goes. CFO-01 … CFO-04."""

from __future__ import annotations

from collections.abc import Iterator
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


def exists(note: Note, item: Item, surroundings: Surroundings) -> Iterator[Finding]:
    code, tables = item.cfop, surroundings.tables
    if code is None or not tables.cfop:
        return
    day = note.issue_date
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


def _points_wrong(note: Note, code: str) -> bool:
    direction = note.identification.text("tpNF")
    return (direction == "1" and code[0] in ENTRIES) or (direction == "0" and code[0] in EXITS)


def direction(note: Note, item: Item, surroundings: Surroundings) -> Iterator[Finding]:
    code = item.cfop
    if code is not None and _points_wrong(note, code):
        leaving = note.identification.text("tpNF") == "1"
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


def _misplaced(note: Note, code: str) -> tuple[str, str, str] | None:
    """(idDest found, idDest wanted, rejection) where the first digit contradicts idDest."""
    found = note.identification.text("idDest")
    wanted, cstat = DESTINATIONS.get(code[0], (None, ""))
    return (found, wanted, cstat) if found and wanted and found != wanted else None


def destination(note: Note, item: Item, surroundings: Surroundings) -> Iterator[Finding]:
    code = item.cfop
    if code is None or _points_wrong(note, code):
        return
    if misplaced := _misplaced(note, code):
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


def geography(note: Note, item: Item, surroundings: Surroundings) -> Iterator[Finding]:
    code = item.cfop
    if code is None or _points_wrong(note, code) or _misplaced(note, code):
        return
    origin, reached = note.issuer.uf, note.recipient.uf
    if not origin or not reached or ABROAD in (origin, reached):
        return
    leaves, arrives = _way(note)
    internal = code[0] in "15"
    if (
        internal
        and origin != reached
        and leaves != arrives
        and _contributor(note)
        and not _over_the_counter(note, item)
    ):
        case, cstat = "internal", "521" if code[0] == "5" else "522"
    elif code[0] in "26" and origin == reached and leaves == arrives:
        case, cstat = "interstate", "772" if note.identification.text("idDest") else "523"
    else:
        return
    # Lists and layouts before 3.10 do not say where the operation ends nor, the former, where the goods are handed over.
    certain = note.medium == "xml" and note.identification.text("idDest") is not None
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
        check_item=exists,
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
        check_item=direction,
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
        check_item=destination,
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
        check_item=geography,
    ),
)
