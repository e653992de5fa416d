"""Double entry: what each operation writes, and that it always balances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fiscal.chart import CHART
from engine.fiscal.classification import Classification, classify
from engine.fiscal.companies import Companies, Company, Regime
from engine.fiscal.ledger import Booking, book
from engine.fiscal.note import Note, Remark
from engine.fiscal.operations import Operation
from engine.fiscal.taxes import apportion

Build = Callable[..., Any]
Lines = set[tuple[str, str, int]]

SELLER_BRANCH = "11222333000262"
NOBODY = Companies()

TAXES: dict[str, dict[str, str]] = {
    "ICMS": {"orig": "0", "CST": "00", "vBC": "100.00", "pICMS": "18.00", "vICMS": "18.00"},
    "PIS": {"CST": "01", "vBC": "100.00", "pPIS": "1.65", "vPIS": "1.65"},
    "COFINS": {"CST": "01", "vBC": "100.00", "pCOFINS": "7.60", "vCOFINS": "7.60"},
}
IPI = {"CST": "50", "vBC": "100.00", "pIPI": "5.00", "vIPI": "5.00"}


def booked(note: Note, *own: Company) -> Booking:
    return book(note, classify(note, Companies(own)))


def lines(booking: Booking) -> Lines:
    """(account name, side, cents) of every line."""
    return {(entry.name, entry.type, entry.cents) for entry in booking.entries}


def test_a_sale(invoice: Build, item: Build) -> None:
    note = invoice(item("5101", IPI=IPI, **TAXES))
    assert lines(booked(note)) == {
        ("Clientes", "D", 10500),
        ("Receita de venda de produção própria", "C", 10000),
        ("IPI a recolher", "C", 500),
        ("(-) ICMS sobre vendas", "D", 1800),
        ("ICMS a recolher", "C", 1800),
        ("(-) PIS sobre vendas", "D", 165),
        ("PIS a recolher", "C", 165),
        ("(-) COFINS sobre vendas", "D", 760),
        ("COFINS a recolher", "C", 760),
    }


def test_revenue_is_net_of_discount_and_holds_the_freight(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", prod={"vDesc": "10.00", "vFrete": "4.00", "vOutro": "1.00"}))
    assert lines(booked(note)) == {("Clientes", "D", 9500), ("Receita de revenda de mercadorias", "C", 9500)}


def test_substitution_and_difal_are_owed(invoice: Build, item: Build) -> None:
    icms = {"vICMSST": "20.00", "vFCPST": "2.00", "vFCP": "1.00"}
    destination = {"vICMSUFDest": "6.00", "vFCPUFDest": "2.00", "vICMSUFRemet": "1.00"}
    entries = lines(booked(invoice(item("6401", ICMS=icms, ICMSUFDest=destination))))
    assert {
        ("Clientes", "D", 12200),
        ("ICMS-ST a recolher", "C", 2000),
        ("FCP-ST a recolher", "C", 200),
        ("FCP a recolher", "C", 100),
        ("DIFAL a recolher", "C", 600),
        ("DIFAL a recolher", "C", 100),
        ("FCP do destino a recolher", "C", 200),
    } <= entries


@pytest.mark.parametrize("crt", ["1", "4"])
def test_simples_sells_without_deductions(invoice: Build, item: Build, crt: str) -> None:
    note = invoice(item("5102", **TAXES), crt=crt)
    assert lines(booked(note)) == {("Clientes", "D", 10000), ("Receita de revenda de mercadorias", "C", 10000)}


def test_crt_speaks_before_the_profile(invoice: Build, item: Build, seller: Company) -> None:
    simple = msgspec.structs.replace(seller, regime=Regime.SIMPLES)
    assert len(booked(invoice(item("5102", **TAXES), crt=None), simple).entries) == 2
    assert len(booked(invoice(item("5102", **TAXES), crt="1"), seller).entries) == 2


def test_a_purchase_for_resale_recovers_what_the_regime_allows(invoice: Build, item: Build, buyer: Company) -> None:
    note = invoice(item("5102", IPI=IPI, **TAXES))
    assert lines(booked(note, buyer)) == {
        ("Fornecedores nacionais", "C", 10500),
        ("ICMS a recuperar", "D", 1800),
        ("PIS a recuperar", "D", 165),
        ("COFINS a recuperar", "D", 760),
        ("Mercadorias para revenda", "D", 7775),
    }
    presumido = msgspec.structs.replace(buyer, regime=Regime.PRESUMIDO)
    assert ("Mercadorias para revenda", "D", 8700) in lines(booked(note, presumido))
    simples = msgspec.structs.replace(buyer, regime=Regime.SIMPLES)
    assert ("Mercadorias para revenda", "D", 10500) in lines(booked(note, simples))


def test_industry_recovers_ipi(invoice: Build, item: Build, buyer: Company) -> None:
    factory = msgspec.structs.replace(buyer, cnae="1011201")
    entries = lines(booked(invoice(item("5101", IPI=IPI, **TAXES)), factory))
    assert {("IPI a recuperar", "D", 500), ("Matérias-primas e insumos", "D", 7275)} <= entries


def test_pcredsn_of_a_simples_supplier_is_no_entry(invoice: Build, item: Build, buyer: Company) -> None:
    note = invoice(item("5102", ICMS={"CSOSN": "101", "pCredSN": "1.25", "vCredICMSSN": "1.25"}), crt="1")
    assert lines(booked(note, buyer)) == {
        ("Fornecedores nacionais", "C", 10000),
        ("Mercadorias para revenda", "D", 10000),
    }


def test_consumption_is_an_expense_without_credit(invoice: Build, item: Build, seller: Company) -> None:
    entries = lines(booked(invoice(item("1556", **TAXES), tpNF="0"), seller))
    assert entries == {("Fornecedores nacionais", "C", 10000), ("Material de uso e consumo", "D", 10000)}


def test_fixed_assets_put_their_icms_on_ciap(invoice: Build, item: Build, seller: Company) -> None:
    entries = lines(booked(invoice(item("1551", **TAXES), tpNF="0"), seller))
    assert entries == {
        ("Fornecedores nacionais", "C", 10000),
        ("ICMS a recuperar sobre imobilizado (CIAP)", "D", 1800),
        ("Bens do imobilizado", "D", 8200),
    }


def test_an_import_owes_customs_what_vnf_does_not_hold(invoice: Build, item: Build, seller: Company) -> None:
    note = invoice(item("3102", II={"vII": "30.00"}, **TAXES), tpNF="0", recipient_uf="EX", totals={"vNF": "100.00"})
    assert lines(booked(note, seller)) == {
        ("Fornecedores estrangeiros", "C", 10000),
        ("Tributos na importação a recolher", "C", 5725),
        ("ICMS a recuperar", "D", 1800),
        ("PIS a recuperar", "D", 165),
        ("COFINS a recuperar", "D", 760),
        ("Mercadorias para revenda", "D", 13000),
    }


def test_import_taxes_put_into_voutro_are_not_counted_twice(invoice: Build, item: Build, seller: Company) -> None:
    taxes = {"prod": {"vOutro": "27.25"}, "II": {"vII": "30.00"}, **TAXES}
    entries = lines(booked(invoice(item("3102", **taxes), tpNF="0", recipient_uf="EX"), seller))
    assert ("Fornecedores estrangeiros", "C", 15725) in entries and ("Mercadorias para revenda", "D", 13000) in entries
    assert not any(name.startswith(("Diferenças", "Tributos na importação")) for name, _, _ in entries)


@pytest.mark.parametrize(("sold", "returned"), [("5101", "1201"), ("5102", "1202"), ("5405", "1411")])
def test_a_returned_sale_mirrors_the_sale(invoice: Build, item: Build, sold: str, returned: str) -> None:
    taxes = {**TAXES, "ICMS": {**TAXES["ICMS"], "vICMSST": "9.00"}}
    sale = lines(booked(invoice(item(sold, IPI=IPI, **taxes))))
    back = lines(booked(invoice(item(returned, IPI=IPI, **taxes), tpNF="0", finNFe="4")))
    other = {"D": "C", "C": "D"}
    mirrored = {
        ("(-) Devoluções de vendas" if name.startswith("Receita") else name, other[side], cents)
        for name, side, cents in sale
    }
    assert back == mirrored


def test_a_returned_purchase_mirrors_the_purchase(invoice: Build, item: Build, seller: Company) -> None:
    bought = lines(booked(invoice(item("1102", **TAXES), tpNF="0"), seller))
    back = lines(booked(invoice(item("5202", **TAXES), finNFe="4"), seller))
    assert back == {(name, "C" if side == "D" else "D", cents) for name, side, cents in bought}


def test_ipi_given_back_by_a_non_taxpayer_is_part_of_the_return(invoice: Build, item: Build, buyer: Company) -> None:
    note = invoice(item("5202", impostoDevol={"pDevol": "100.00", "IPI/vIPIDevol": "5.00"}), finNFe="4")
    assert lines(booked(note, buyer)) == {
        ("Clientes", "C", 10500),
        ("(-) Devoluções de vendas", "D", 10000),
        ("IPI a recolher", "D", 500),
    }


def test_a_transfer_enters_both_sets_of_books(invoice: Build, item: Build, seller: Company) -> None:
    booking = booked(invoice(item("5152", **TAXES), recipient=SELLER_BRANCH), seller)
    sides = {
        owner: {(entry.name, entry.type, entry.cents) for entry in booking.entries if entry.owner == owner}
        for owner in (seller.cnpj, SELLER_BRANCH)
    }
    assert sides[seller.cnpj] == {
        ("Conta corrente entre estabelecimentos", "D", 10000),
        ("ICMS a recolher", "C", 1800),
        ("Mercadorias para revenda", "C", 8200),
    }
    assert sides[SELLER_BRANCH] == {
        ("Conta corrente entre estabelecimentos", "C", 10000),
        ("ICMS a recuperar", "D", 1800),
        ("Mercadorias para revenda", "D", 8200),
    }


def test_a_transfer_undone_mirrors_its_receipt(invoice: Build, item: Build, seller: Company) -> None:
    into = lines(booked(invoice(item("1152", **TAXES), tpNF="0"), seller))
    back = lines(booked(invoice(item("5209", **TAXES), finNFe="4"), seller))
    assert back == {(name, "C" if side == "D" else "D", cents) for name, side, cents in into}


def test_goods_and_services_of_one_note_are_split(invoice: Build, item: Build) -> None:
    service = {"vBC": "50.00", "vAliq": "5.00", "vISSQN": "2.50", "vISSRet": "1.00"}
    note = invoice(item("5102", "100.00", **TAXES), item("5933", "50.00", ISSQN=service))
    booking = booked(note)
    assert {
        ("Receita de revenda de mercadorias", "C", 10000),
        ("Receita de prestação de serviços", "C", 5000),
        ("(-) ISS sobre serviços", "D", 250),
        ("ISS a recolher", "C", 250),
        ("ISS a recolher", "D", 100),
        ("Clientes", "C", 100),
    } <= lines(booking)
    assert sum(entry.cents for entry in booking.entries if entry.principal) == 15000


def test_withholding_follows_the_payer(invoice: Build, item: Build, seller: Company, buyer: Company) -> None:
    note = invoice(item("5933", ISSQN={"vISSQN": "5.00"}), withheld={"vIRRF": "1.50", "vRetPIS": "0.65"})
    assert {("IRRF a compensar", "D", 150), ("Clientes", "C", 150)} <= lines(booked(note, seller))
    assert {
        ("Serviços de terceiros", "D", 10000),
        ("IRRF retido a recolher", "C", 150),
        ("PIS, COFINS e CSLL retidos a recolher", "C", 65),
        ("Fornecedores nacionais", "D", 150),
    } <= lines(booked(note, buyer))


@pytest.mark.parametrize(
    ("cfop", "kind", "debit", "credit"),
    [
        ("5915", "1", "Bens próprios em poder de terceiros", "Contrapartida de bens próprios em poder de terceiros"),
        ("1916", "0", "Contrapartida de bens próprios em poder de terceiros", "Bens próprios em poder de terceiros"),
        ("1915", "0", "Bens de terceiros em poder próprio", "Contrapartida de bens de terceiros em poder próprio"),
        ("5916", "1", "Contrapartida de bens de terceiros em poder próprio", "Bens de terceiros em poder próprio"),
        ("5927", "1", "Perdas de estoque", "Mercadorias para revenda"),
        ("5922", "1", "Lançamentos de controle", "Contrapartida de lançamentos de controle"),
    ],
)
def test_what_nobody_bought_stands_on_controls(
    invoice: Build, item: Build, cfop: str, kind: str, debit: str, credit: str
) -> None:
    assert lines(booked(invoice(item(cfop), tpNF=kind))) == {(debit, "D", 10000), (credit, "C", 10000)}


def test_taxes_of_a_gift_are_owed(invoice: Build, item: Build) -> None:
    entries = lines(booked(invoice(item("5910", **TAXES))))
    assert {("Tributos sobre remessas e bonificações", "D", 1800), ("ICMS a recolher", "C", 1800)} <= entries
    assert not any(name.startswith("Receita") for name, _, _ in entries)


def test_the_reform_is_memo_in_its_test_year(invoice: Build, item: Build) -> None:
    reform = {"gIBSCBS/vIBS": "0.10", "gIBSCBS/gCBS/vCBS": "0.90"}
    entries = lines(booked(invoice(item("5102", IBSCBS=reform))))
    assert {
        ("IBS em teste (LC 214/2025)", "D", 10),
        ("Contrapartida do IBS em teste", "C", 10),
        ("CBS em teste (LC 214/2025)", "D", 90),
    } <= entries


def test_what_does_not_close_is_suspended(invoice: Build, item: Build) -> None:
    note = invoice(item("5102"), totals={"vNF": "110.00"})
    assert lines(booked(note)) == {
        ("Clientes", "D", 11000),
        ("Receita de revenda de mercadorias", "C", 10000),
        ("Diferenças de documentos a apurar", "C", 1000),
    }


def test_relieved_icms_is_deducted_where_the_note_does(invoice: Build, item: Build) -> None:
    relieved = {"CST": "40", "vICMSDeson": "18.00"}
    deducted = invoice(item("6109", ICMS=relieved), totals={"vNF": "82.00"})
    assert lines(booked(deducted)) == {("Clientes", "D", 8200), ("Receita de venda de produção própria", "C", 8200)}
    kept = invoice(item("6109", ICMS=relieved))
    assert ("Clientes", "D", 10000) in lines(booked(kept)) and len(booked(kept).entries) == 2


def test_a_list_knows_vnf_and_its_items(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", "100.00"), protocol=None, medium="list")
    assert lines(booked(note)) == {("Clientes", "D", 10000), ("Receita de revenda de mercadorias", "C", 10000)}


def test_a_list_without_items_books_its_total(invoice: Build) -> None:
    note = invoice(medium="list", protocol=None, totals={"vNF": "77.00"}, natOp="VENDA")
    assert lines(booked(note)) == {("Clientes", "D", 7700), ("Receita de revenda de mercadorias", "C", 7700)}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"protocol": None}, "no_protocol"),
        ({"protocol": "101"}, "cancelled"),
        ({"protocol": "155"}, "cancelled"),
        ({"protocol": "302"}, "denied"),
        ({"protocol": "204"}, "not_authorised"),
        ({"tpAmb": "2"}, "homologation"),
        ({"remarks": (Remark(kind="template"),)}, "template"),
    ],
)
def test_what_must_not_be_booked(invoice: Build, item: Build, changes: dict[str, Any], code: str) -> None:
    booking = booked(invoice(item("5102"), **changes))
    assert booking.entries == ()
    assert booking.refusal is not None and booking.refusal.code == code


def test_what_is_between_others_enters_no_books_once_companies_are_known(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", **TAXES))
    stranger = Company(cnpj="99888777000166", name="Terceira")
    booking, cube = booked(note, stranger), apportion(note, classify(note, Companies([stranger])))
    assert booking.entries == () and cube.rows == ()
    assert booking.refusal == cube.refusal and booking.refusal is not None and booking.refusal.code == "outside"
    assert booked(note).entries and apportion(note, classify(note, NOBODY)).rows


def test_late_authorisation_is_authorisation(invoice: Build, item: Build) -> None:
    assert booked(invoice(item("5102"), protocol="150")).entries


def test_amounts_that_are_no_numbers_count_as_absent(invoice: Build, item: Build) -> None:
    note = invoice(item("5102"), totals={"vICMS": "string", "vST": "NaN", "vIPI": "1e99", "vFrete": ""})
    assert lines(booked(note)) == {("Clientes", "D", 10000), ("Receita de revenda de mercadorias", "C", 10000)}


@given(data=st.data())
def test_every_booking_balances(notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject) -> None:
    note, companies = data.draw(notes)
    classification = classify(note, companies)
    booking = book(note, classification)
    assert booking == book(note, classification)
    for owner in {entry.owner for entry in booking.entries}:
        entries = [entry for entry in booking.entries if entry.owner == owner]
        assert sum(entry.cents if entry.type == "D" else -entry.cents for entry in entries) == 0
    assert all(entry.cents > 0 and CHART[entry.account].analytic for entry in booking.entries)
    assert msgspec.json.decode(msgspec.json.encode(booking), type=Booking) == booking


@given(data=st.data(), operation=st.sampled_from(Operation))
def test_corrections_balance_too(
    notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject, operation: Operation
) -> None:
    note, companies = data.draw(notes)
    item = data.draw(st.sampled_from(note.items))
    corrected: Classification = classify(
        note, companies, {(note.issuer.id or "", item.cfop or "", item.ncm or ""): operation}
    )
    booking = book(note, corrected)
    assert booking.debits == booking.credits


@given(data=st.data(), total=st.integers(0, 10**7))
def test_any_total_balances(notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject, total: int) -> None:
    note, companies = data.draw(notes)
    group = msgspec.structs.replace(
        note.total(), values={**note.total().values, "vNF": f"{total // 100}.{total % 100:02}"}
    )
    changed = msgspec.structs.replace(note, totals={**note.totals, "ICMSTot": group})
    booking = book(changed, classify(changed, companies))
    assert booking.debits == booking.credits
