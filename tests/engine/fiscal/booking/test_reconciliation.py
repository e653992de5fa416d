"""The two halves of the reconciliation and their merger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fiscal.classification import classify
from engine.fiscal.companies import Companies, Company
from engine.fiscal.ledger import book
from engine.fiscal.note import Note
from engine.fiscal.reconciliation import Half, Reconciliation, Weight, ledger_half, merge, taxes_half
from engine.fiscal.taxes import apportion

Build = Callable[..., Any]

ICMS = {"orig": "0", "CST": "00", "vBC": "100.00", "pICMS": "18.00", "vICMS": "18.00"}


def halves(note: Note, *own: Company) -> tuple[Half, Half]:
    classification = classify(note, Companies(own))
    return ledger_half(note, book(note, classification)), taxes_half(note, apportion(note, classification))


def test_a_sound_note_agrees(invoice: Build, item: Build) -> None:
    verdict = merge(*halves(invoice(item("5102", ICMS=ICMS))))
    assert (verdict.status, verdict.issues) == ("OK", ())
    assert verdict.summary() == "Lançamentos e tributos conferem com o documento"


@pytest.mark.parametrize(
    ("total", "status"), [("100.01", "OK"), ("100.50", "ALERTA"), ("100.51", "ERRO"), ("90.00", "ERRO")]
)
def test_a_total_that_does_not_close(invoice: Build, item: Build, total: str, status: str) -> None:
    ledger, taxes = halves(invoice(item("5102"), totals={"vNF": total}))
    assert (ledger.status, taxes.status) == (status, "OK")
    assert [issue.code for issue in ledger.issues] == ([] if status == "OK" else ["LED-03"])


def test_a_list_is_never_wrong_about_its_total(invoice: Build, item: Build) -> None:
    note = invoice(item("5102"), medium="list", protocol=None)
    group = msgspec.structs.replace(note.total(), values={"vNF": "150.00"})
    note = msgspec.structs.replace(note, totals={"ICMSTot": group})
    ledger, taxes = halves(note)
    assert (ledger.status, taxes.status) == ("ALERTA", "OK")
    assert [(issue.code, issue.severity) for issue in taxes.issues] == [("TAX-00", Weight.INFO)]


@pytest.mark.parametrize(
    ("total", "status"), [("18.01", "OK"), ("18.50", "ALERTA"), ("20.00", "ERRO"), ("0.00", "ERRO")]
)
def test_a_tax_that_does_not_sum(invoice: Build, item: Build, total: str, status: str) -> None:
    _, taxes = halves(invoice(item("5102", ICMS=ICMS), totals={"vICMS": total}))
    assert taxes.status == status
    for issue in taxes.issues:
        assert issue.code == "TAX-01" and issue.references == ("ICMSTot/vICMS",) and "18,00" in issue.description


def test_a_total_without_items_is_noticed(invoice: Build, item: Build) -> None:
    _, taxes = halves(invoice(item("5102"), totals={"vST": "30.00"}))
    assert [issue.code for issue in taxes.issues] == ["TAX-01"]


def test_tampered_entries_are_noticed(invoice: Build, item: Build) -> None:
    note = invoice(item("5102"))
    booking = book(note, classify(note, Companies()))
    first, *rest = booking.entries
    tampered = msgspec.structs.replace(booking, entries=(msgspec.structs.replace(first, cents=1), *rest))
    assert {issue.code for issue in ledger_half(note, tampered).issues} == {"LED-01", "LED-02"}


def test_what_is_not_booked_is_said_and_no_alarm(invoice: Build, item: Build) -> None:
    verdict = merge(*halves(invoice(item("5102"), protocol="101")))
    assert verdict.status == "OK"
    assert [(issue.code, issue.severity) for issue in verdict.issues] == [
        ("LED-00", Weight.INFO),
        ("TAX-00", Weight.INFO),
    ]
    assert "Cancelada (cStat 101)" in verdict.issues[0].description


@given(data=st.data(), total=st.integers(0, 10**6))
def test_merging_commutes(notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject, total: int) -> None:
    note, companies = data.draw(notes)
    group = msgspec.structs.replace(note.total(), values={**note.total().values, "vNF": str(total), "vICMS": "1.00"})
    note = msgspec.structs.replace(note, totals={**note.totals, "ICMSTot": group})
    classification = classify(note, companies)
    ledger, taxes = ledger_half(note, book(note, classification)), taxes_half(note, apportion(note, classification))
    verdict = merge(ledger, taxes)
    assert verdict == merge(taxes, ledger)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Reconciliation) == verdict


@given(data=st.data())
def test_sound_notes_reconcile(notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject) -> None:
    note, companies = data.draw(notes)
    classification = classify(note, companies)
    verdict = merge(ledger_half(note, book(note, classification)), taxes_half(note, apportion(note, classification)))
    assert verdict.status == "OK", [issue.description for issue in verdict.issues]
