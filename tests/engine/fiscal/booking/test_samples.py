"""Real notes, where the samples are at hand: each is entered balanced from every side, a known list to its cent."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.extraction.documents import extract
from engine.extraction.lists.notes import note_from_slices
from engine.extraction.lists.slices import Slice, slices
from engine.fiscal.classification import classify
from engine.fiscal.companies import Companies, Company, Regime
from engine.fiscal.ledger import book
from engine.fiscal.note import Group, Note, Protocol
from engine.fiscal.reconciliation import ledger_half, merge, taxes_half
from engine.fiscal.taxes import apportion

#: Sum of the header list's totals (public I2A2 set), in cents.
LIST_TOTAL = 337_175_484
LIST_NOTES = 100


def notes_of(folder: Path) -> list[tuple[str, Note]]:
    found = []
    for path in sorted((*folder.glob("nfe/*.xml"), *folder.glob("nfce/*.xml"))):
        note = extract(path.read_bytes(), path.name).note
        if note is not None:
            found.append((path.name, note))
    return found


def authorised(note: Note) -> Note:
    """The same note as if it had been authorised, so that its amounts are entered."""
    protocol = Protocol(group=Group(path="/infProt", values={"cStat": "100"}))
    identification = msgspec.structs.replace(note.identification, values={**note.identification.values, "tpAmb": "1"})
    return msgspec.structs.replace(note, protocol=protocol, identification=identification, remarks=())


@pytest.mark.parametrize("own", ["third", "issuer", "recipient", "both"])
def test_real_notes_balance(samples: Path, own: str) -> None:
    entered = 0
    for name, written in notes_of(samples / "fiscal"):
        note = authorised(written)
        parties = {
            "third": (),
            "issuer": (note.issuer,),
            "recipient": (note.recipient,),
            "both": (note.issuer, note.recipient),
        }
        companies = Companies(
            Company(cnpj=party.id, name="Própria", regime=Regime.REAL, cnae="4711302")
            for party in parties[own]
            if party.id
        )
        classification = classify(note, companies)
        booking, cube = book(note, classification), apportion(note, classification)
        assert booking.debits == booking.credits > 0, name
        merge(ledger_half(note, booking), taxes_half(note, cube))
        entered += 1
    assert entered > 25


def test_a_list_is_entered_to_the_cent(samples: Path) -> None:
    folder = samples / "fiscal" / "csv"

    def read(name: str) -> dict[str | None, bytes]:
        content = (folder / name).read_bytes()
        return {cut.key: cut.content for cut in slices(content, name) if isinstance(cut, Slice)}

    headers, items = read("202401_NFs_Cabecalho.csv"), read("202401_NFs_Itens.csv")
    assert len(headers) == LIST_NOTES
    entered = 0
    for key, header in headers.items():
        note = note_from_slices(header, items.get(key)).note
        assert note is not None
        booking = book(note, classify(note, Companies()))
        assert booking.debits == booking.credits
        assert ledger_half(note, booking).status != "ERRO"
        entered += sum(entry.principal for entry in booking.entries)
    assert entered == LIST_TOTAL
