"""The tax cube: every cent of the items, to whom it belongs, on which side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fiscal.amounts import leaf_cents
from engine.fiscal.classification import classify
from engine.fiscal.companies import Companies, Company, Regime
from engine.fiscal.ledger import book
from engine.fiscal.note import Note
from engine.fiscal.reconciliation import taxes_half
from engine.fiscal.tax_kinds import KINDS, Tax, methodology, wire_type
from engine.fiscal.taxes import Apportioned, Apportionment, apportion, apportioning

Build = Callable[..., Any]

ICMS = {"orig": "0", "CST": "00", "vBC": "100.00", "pICMS": "12.0000", "vICMS": "12.00"}
PIS = {"CST": "01", "vBC": "100.00", "pPIS": "1.65", "vPIS": "1.65"}


def rows(note: Note, *own: Company) -> dict[Tax, Apportionment]:
    """One row a tax; fails where a tax has more."""
    found = apportion(note, classify(note, Companies(own))).rows
    assert len({row.tax for row in found}) == len(found)
    return {row.tax: row for row in found}


def test_own_icms_is_due_to_the_issuer_and_its_credit_to_the_buyer(
    invoice: Build, item: Build, seller: Company, buyer: Company
) -> None:
    note = invoice(item("6102", ICMS=ICMS), recipient_uf="MG")
    sold, bought = rows(note, seller)[Tax.ICMS], rows(note, buyer)[Tax.ICMS]
    assert (sold.jurisdiction, sold.direction, sold.tax_cents, sold.basis_cents) == ("UF:SP", "débito", 1200, 10000)
    assert (bought.jurisdiction, bought.direction) == ("UF:MG", "crédito")
    assert (sold.cfop, sold.cst, sold.rate) == ("6102", "000", "12")


def test_substitution_and_difal_belong_to_the_destination(invoice: Build, item: Build) -> None:
    icms = {"orig": "0", "CST": "10", "vBCST": "150.00", "pICMSST": "18.00", "vICMSST": "9.00"}
    icms |= {"vBCFCPST": "150.00", "pFCPST": "2.00", "vFCPST": "3.00"}
    destination = {"vBCUFDest": "100.00", "pICMSUFDest": "18.00", "vICMSUFDest": "6.00", "vFCPUFDest": "2.00"}
    found = rows(invoice(item("6403", ICMS=icms, ICMSUFDest=destination), recipient_uf="MG"))
    for tax in (Tax.ICMS_ST, Tax.FCP_ST, Tax.DIFAL, Tax.FCP_DEST):
        assert (found[tax].jurisdiction, found[tax].direction) == ("UF:MG", "débito")


@pytest.mark.parametrize(
    "icms",
    [
        {"orig": "0", "CST": "60", "vBCSTRet": "150.00", "pST": "18.00", "vICMSSTRet": "27.00", "vFCPSTRet": "3.00"},
        {"orig": "0", "CSOSN": "500", "vBCSTRet": "150.00", "pST": "18.00", "vICMSSTRet": "27.00"},
        {"orig": "0", "CST": "61", "qBCMonoRet": "10.0000", "adRemICMSRet": "1.1200", "vICMSMonoRet": "11.20"},
    ],
)
def test_what_an_earlier_stage_withheld_is_apportioned_there_and_not_again(
    invoice: Build, item: Build, seller: Company, icms: dict[str, str]
) -> None:
    note = invoice(item("5405", ICMS=icms, PIS=PIS))
    assert set(rows(note, seller)) == {Tax.PIS}
    assert taxes_half(note, apportion(note, classify(note, Companies([seller])))).issues == ()


def test_the_note_that_withholds_for_later_stages_apportions_it(invoice: Build, item: Build) -> None:
    icms = {"orig": "0", "CST": "15", "adRemICMS": "1.1200", "vICMSMono": "11.20"}
    icms |= {"adRemICMSReten": "1.1200", "vICMSMonoReten": "2.30"}
    found = rows(invoice(item("6652", ICMS=icms), recipient_uf="MG"))
    assert {tax: (row.jurisdiction, row.tax_cents) for tax, row in found.items()} == {
        Tax.ICMS_MONO: ("UF:MG", 1120),
        Tax.ICMS_MONO_RET: ("UF:MG", 230),
    }


def test_iss_belongs_to_the_municipality_of_incidence(invoice: Build, item: Build) -> None:
    service = {"vBC": "100.00", "vAliq": "5.00", "vISSQN": "5.00", "cMunFG": "3106200", "indISS": "1"}
    assert rows(invoice(item("5933", ISSQN=service)))[Tax.ISS].jurisdiction == "MUN:3106200"


def test_the_reform_belongs_to_the_destination_and_is_information(invoice: Build, item: Build) -> None:
    reform = {
        "CST": "000",
        "gIBSCBS/vBC": "100.00",
        "gIBSCBS/gIBSUF/vIBSUF": "0.10",
        "gIBSCBS/gIBSMun/pIBSMun": "0.00",
        "gIBSCBS/gIBSMun/vIBSMun": "0.00",
        "gIBSCBS/gCBS/vCBS": "0.90",
    }
    found = rows(invoice(item("6102", IBSCBS=reform), recipient_uf="MG"))
    assert found[Tax.IBS_UF].jurisdiction == "UF:MG"
    assert found[Tax.IBS_MUN].jurisdiction == "MUN:3106200"
    assert found[Tax.CBS].jurisdiction == "BR"
    assert {row.direction for row in found.values()} == {"informativo"}


@pytest.mark.parametrize(
    ("regime", "icms", "pis"),
    [
        (Regime.REAL, "crédito", "crédito"),
        (Regime.PRESUMIDO, "crédito", "informativo"),
        (Regime.SIMPLES, "informativo", "informativo"),
        (Regime.MEI, "informativo", "informativo"),
        (None, "crédito", "crédito"),
    ],
)
def test_credits_follow_the_regime(
    invoice: Build, item: Build, buyer: Company, regime: Regime | None, icms: str, pis: str
) -> None:
    own = msgspec.structs.replace(buyer, regime=regime)
    found = rows(invoice(item("5102", ICMS=ICMS, PIS=PIS)), own)
    assert (found[Tax.ICMS].direction, found[Tax.PIS].direction) == (icms, pis)


def test_simples_owes_by_das(invoice: Build, item: Build) -> None:
    credit = {"orig": "0", "CSOSN": "101", "pCredSN": "1.25", "vCredICMSSN": "1.25"}
    found = rows(invoice(item("5102", ICMS=credit, PIS=PIS), crt="1"))
    assert {row.direction for row in found.values()} == {"informativo"}
    assert (found[Tax.ICMS_SN].cst, found[Tax.ICMS_SN].tax_cents) == ("0101", 125)


def test_a_returned_sale_gives_its_taxes_back(invoice: Build, item: Build) -> None:
    found = rows(invoice(item("1202", ICMS=ICMS | {"vICMSST": "9.00"}), tpNF="0", finNFe="4"))
    assert {row.direction for row in found.values()} == {"crédito"}


def test_equal_items_share_a_row(invoice: Build, item: Build) -> None:
    same = ICMS | {"pICMS": "12.00"}
    found = rows(invoice(item("5102", ICMS=ICMS), item("5102", ICMS=same)))
    assert found[Tax.ICMS].tax_cents == 2400


def test_every_difference_makes_a_row(invoice: Build, item: Build) -> None:
    note = invoice(
        item("5102", ICMS=ICMS),
        item("5101", ICMS=ICMS),
        item("5102", ICMS=ICMS | {"CST": "20"}),
        item("5102", ICMS=ICMS | {"pICMS": "7"}),
    )
    assert len(apportion(note, classify(note, Companies())).rows) == 4


def test_item_values_are_rounded_one_by_one(invoice: Build, item: Build) -> None:
    tax = ICMS | {"vICMS": "0.005"}
    found = rows(invoice(item("5102", ICMS=tax), item("5102", ICMS=tax)))
    assert found[Tax.ICMS].tax_cents == 2


def test_a_rate_of_zero_keeps_its_base(invoice: Build, item: Build) -> None:
    found = rows(invoice(item("5102", PIS=PIS | {"pPIS": "0.00", "vPIS": "0.00"})))
    assert (found[Tax.PIS].basis_cents, found[Tax.PIS].tax_cents) == (10000, 0)


def test_lists_have_no_tax_leaves_and_say_so(invoice: Build, item: Build) -> None:
    note = invoice(item("5102"), medium="list", protocol=None)
    apportioned = apportion(note, classify(note, Companies()))
    assert apportioned.rows == () and apportioned.refusal is not None and apportioned.refusal.code == "no_tax_leaves"


def test_a_list_that_does_carry_taxes_is_apportioned(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", ICMS=ICMS), medium="list", protocol=None)
    assert rows(note)[Tax.ICMS].tax_cents == 1200
    assert taxes_half(note, apportion(note, classify(note, Companies()))).issues == ()


def test_the_work_comes_in_steps(invoice: Build, item: Build) -> None:
    note = invoice(*(item("5102", ICMS=ICMS) for _ in range(101)))
    classification = classify(note, Companies())
    assert len(list(apportioning(note, classification))) == 2


def test_what_is_not_booked_is_not_apportioned(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", ICMS=ICMS), protocol="101")
    assert apportion(note, classify(note, Companies())).rows == ()


def test_the_wire_word_carries_only_the_total_of_its_name() -> None:
    assert {tax: wire_type(tax) for tax in Tax if wire_type(tax) != "OTHER"} == {
        Tax.ICMS: "ICMS",
        Tax.IPI: "IPI",
        Tax.PIS: "PIS",
        Tax.COFINS: "COFINS",
        Tax.ISS: "ISS",
    }


@pytest.mark.parametrize("tax", list(Tax))
def test_every_tax_explains_itself(tax: Tax) -> None:
    assert tax.value in methodology(tax, "pt") and tax.value in methodology(tax, "en")


@given(text=st.one_of(st.none(), st.text(max_size=12), st.decimals(-(10**9), 10**9, places=4).map(str)))
def test_cents_of_any_text(text: str | None) -> None:
    cents = leaf_cents(text)
    assert isinstance(cents, int)


@given(cents=st.integers(0, 10**15 - 1))
def test_two_places_are_read_exactly(cents: int) -> None:
    assert leaf_cents(f"{cents // 100}.{cents % 100:02}") == cents
    assert leaf_cents(f"-{cents // 100}.{cents % 100:02}") == -cents


@given(data=st.data())
def test_the_cube_holds_every_cent_of_the_items(
    notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject
) -> None:
    note, companies = data.draw(notes)
    classification = classify(note, companies)
    apportioned = apportion(note, classification)
    assert apportioned == apportion(note, classification)
    assert msgspec.json.decode(msgspec.json.encode(apportioned), type=Apportioned) == apportioned
    leaves = [
        (kind.tax, leaf_cents(group.values.get(kind.value)))
        for item in note.items
        for name, group in item.taxes.items()
        for kind in KINDS.get(name, ())
    ]
    for owner in {row.owner for row in apportioned.rows}:
        for tax in Tax:
            apportioned_cents = sum(row.tax_cents for row in apportioned.rows if (row.tax, row.owner) == (tax, owner))
            assert apportioned_cents == sum(cents for leaf, cents in leaves if leaf is tax)


ACCOUNTS = {
    Tax.ICMS: {"ICMS a recolher", "ICMS a recuperar", "ICMS a recuperar sobre imobilizado (CIAP)"},
    Tax.PIS: {"PIS a recolher", "PIS a recuperar"},
    Tax.COFINS: {"COFINS a recolher", "COFINS a recuperar"},
    Tax.IPI: {"IPI a recolher", "IPI a recuperar"},
}


@given(data=st.data())
def test_the_cube_and_the_books_say_the_same(
    notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject
) -> None:
    note, companies = data.draw(notes)
    classification = classify(note, companies)
    booking, cube = book(note, classification), apportion(note, classification)
    for owner in {row.owner for row in cube.rows}:
        for tax, names in ACCOUNTS.items():
            mine = [entry for entry in booking.entries if entry.owner == owner and entry.name in names]
            owed = {"débito": "C", "crédito": "D"}
            for direction, side in owed.items():
                apportioned = sum(
                    row.tax_cents for row in cube.rows if (row.tax, row.owner, row.direction) == (tax, owner, direction)
                )
                assert apportioned == sum(entry.cents for entry in mine if entry.type == side), (tax, direction)
