"""Whose a note is, what happened, how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fiscal.classification import DOUBTFUL, Classification, Role, classify
from engine.fiscal.companies import Companies, Company, Regime
from engine.fiscal.note import Note
from engine.fiscal.operations import Direction, Operation, Purpose
from engine.fiscal.reasons import render

Build = Callable[..., Any]

SELLER = "11222333000181"
SELLER_BRANCH = "11222333000262"
BUYER = "44555666000181"
NOBODY = Companies()


def test_a_sale_is_a_purchase_of_its_recipient(invoice: Build, item: Build, seller: Company, buyer: Company) -> None:
    note = invoice(item("5102"))
    sold = classify(note, Companies([seller]))
    bought = classify(note, Companies([buyer]))
    assert (sold.role, sold.operation, sold.direction) == (Role.ISSUED, Operation.VENDA, Direction.OUT)
    assert (bought.role, bought.operation, bought.direction) == (Role.RECEIVED, Operation.COMPRA, Direction.IN)
    assert sold.confidence == bought.confidence == 1
    assert (sold.company, bought.company) == (seller, buyer)


def test_without_own_company_the_issuer_speaks(invoice: Build, item: Build) -> None:
    verdict = classify(invoice(item("5102")), NOBODY)
    assert (verdict.role, verdict.operation, verdict.viewpoint) == (Role.THIRD, Operation.VENDA, "issuer")

    assert not verdict.audit_only


def test_between_others_than_the_own_companies_it_is_audited_only(invoice: Build, item: Build, buyer: Company) -> None:
    stranger = Companies([Company(cnpj="99888777000166", name="Terceira")])
    verdict = classify(invoice(item("5102")), stranger)
    assert (verdict.role, verdict.audit_only, verdict.needs_review) == (Role.THIRD, True, False)
    assert "terceiros" in render(verdict.reasons[0])
    assert not classify(invoice(item("5102")), Companies([buyer])).audit_only


def test_a_branch_is_matched_by_its_root(invoice: Build, item: Build, seller: Company) -> None:
    verdict = classify(invoice(item("5102"), issuer=SELLER_BRANCH), Companies([seller]))
    assert verdict.role is Role.ISSUED


@pytest.mark.parametrize("identifier", [None, "", "***.165.104-**", "1122233300018", "99888777000166"])
def test_strangers_masks_and_fragments_are_nobody(identifier: str | None, seller: Company) -> None:
    assert Companies([seller]).of(identifier) is None


def test_between_branches_a_sale_is_a_transfer(invoice: Build, item: Build, seller: Company) -> None:
    verdict = classify(invoice(item("5102"), recipient=SELLER_BRANCH), Companies([seller]))
    assert (verdict.role, verdict.operation, verdict.confidence) == (Role.BOTH, Operation.TRANSFERENCIA, Decimal(1))


def test_between_two_clients_a_transfer_needs_a_person(
    invoice: Build, item: Build, seller: Company, buyer: Company
) -> None:
    note = invoice(item("5102"))
    own = Companies([seller, buyer])
    doubtful = classify(note, own)
    assert (doubtful.operation, doubtful.confidence, doubtful.needs_review) == (Operation.TRANSFERENCIA, DOUBTFUL, True)
    corrected = classify(note, own, {(SELLER, "5102", "84713012"): Operation.VENDA})
    assert corrected.operation is Operation.VENDA


def test_a_note_to_oneself_keeps_its_cfop(invoice: Build, item: Build, seller: Company) -> None:
    verdict = classify(invoice(item("5927"), recipient=SELLER), Companies([seller]))
    assert (verdict.operation, verdict.items[0].purpose) == (Operation.OUTROS, Purpose.LOSS)


def test_an_entry_note_of_the_buyer_is_a_sale_of_the_producer(invoice: Build, item: Build, buyer: Company) -> None:
    note = invoice(item("1102"), tpNF="0")
    verdict = classify(note, Companies([buyer]))
    assert (verdict.operation, verdict.direction) == (Operation.VENDA, Direction.OUT)


def test_a_supplier_taking_goods_back_is_our_return(invoice: Build, item: Build, buyer: Company) -> None:
    verdict = classify(invoice(item("1202"), tpNF="0"), Companies([buyer]))
    assert (verdict.operation, verdict.direction) == (Operation.DEVOLUCAO, Direction.OUT)


def test_finnfe_4_is_a_return_whatever_the_cfop(invoice: Build, item: Build) -> None:
    verdict = classify(invoice(item("5949"), finNFe="4"), NOBODY)
    assert (verdict.operation, verdict.confidence) == (Operation.DEVOLUCAO, Decimal(1))


def test_a_correction_beats_all_other_evidence(invoice: Build, item: Build, buyer: Company) -> None:
    note = invoice(item("5202"), finNFe="4")
    corrections = {(SELLER, "5202", "84713012"): Operation.OUTROS}
    assert classify(note, Companies([buyer]), corrections).operation is Operation.OUTROS
    assert (
        classify(note, Companies([buyer]), {(BUYER, "5202", "84713012"): Operation.OUTROS}).operation
        is Operation.DEVOLUCAO
    )


def test_value_decides_not_the_number_of_items(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", "900.00"), item("5910", "50.00"), item("5910", "50.00"))
    verdict = classify(note, NOBODY)
    assert (verdict.operation, verdict.confidence, verdict.mixed) == (Operation.VENDA, Decimal("0.9"), True)


def test_worthless_items_are_counted(invoice: Build, item: Build) -> None:
    note = invoice(item("5910", "0.00"), item("5910", "0.00"), item("5102", "0.00"))
    assert classify(note, NOBODY).operation is Operation.OUTROS


@pytest.mark.parametrize("cfop", ["9999", "5999", "", None])
def test_an_unknown_cfop_needs_review(invoice: Build, item: Build, cfop: str | None) -> None:
    alone = classify(invoice(item(cfop)), NOBODY)
    among = classify(invoice(item("5102", "999.00"), item(cfop, "1.00")), NOBODY)
    assert alone.needs_review and among.needs_review
    assert (alone.operation, among.operation) == (Operation.VENDA, Operation.VENDA)
    assert any(reason.code == "unknown_cfop" for reason in alone.reasons)


def test_a_cfop_against_tpnf_needs_review(invoice: Build, item: Build) -> None:
    assert classify(invoice(item("1102"), tpNF="1"), NOBODY).needs_review


def test_issqn_speaks_where_the_cfop_is_vague(invoice: Build, item: Build) -> None:
    service = {"vISSQN": "5.00", "vBC": "100.00"}
    assert classify(invoice(item("5949", ISSQN=service)), NOBODY).operation is Operation.SERVICO
    assert classify(invoice(item(None, ISSQN=service)), NOBODY).operation is Operation.SERVICO
    assert classify(invoice(item("5933", ISSQN=service)), NOBODY).operation is Operation.SERVICO


@pytest.mark.parametrize(
    ("cnae", "final", "purpose"),
    [
        (None, "0", Purpose.RESALE),
        ("4711-3/02", "0", Purpose.RESALE),
        ("1011201", "0", Purpose.PRODUCTION),
        ("6201501", "0", Purpose.SERVICE_INPUT),
        ("4711302", "1", Purpose.CONSUMPTION),
    ],
)
def test_what_the_buyer_does_with_it(
    invoice: Build, item: Build, cnae: str | None, final: str, purpose: Purpose
) -> None:
    own = Companies([Company(cnpj=BUYER, name="Compradora", cnae=cnae)])
    assert classify(invoice(item("5101"), indFinal=final), own).items[0].purpose is purpose


def test_fixed_assets_and_energy_keep_their_purpose(invoice: Build, item: Build, buyer: Company) -> None:
    verdict = classify(invoice(item("5551"), item("5253")), Companies([buyer]))
    assert [given.purpose for given in verdict.items] == [Purpose.FIXED_ASSET, Purpose.ENERGY]


def test_without_items_the_nature_is_a_guess(invoice: Build) -> None:
    for nature, operation in (
        ("VENDA DE MERCADORIA", Operation.VENDA),
        ("Devolução de venda", Operation.DEVOLUCAO),
        ("REMESSA PARA VENDA FORA", Operation.OUTROS),
        ("Prestação de serviços", Operation.SERVICO),
        ("???", Operation.OUTROS),
    ):
        verdict = classify(invoice(natOp=nature), NOBODY)
        assert verdict.operation is operation, nature
        assert verdict.needs_review
    assert classify(invoice(), NOBODY).operation is Operation.OUTROS


def test_the_cnae_names_the_sector_of_the_own_company(invoice: Build, item: Build, seller: Company) -> None:
    verdict = classify(invoice(item("5102", ncm="02023000")), Companies([seller]))
    assert (verdict.sector, verdict.sector_source, verdict.sector_share) == (
        "Comércio e reparação de veículos",
        "cnae",
        Decimal(1),
    )


def test_else_the_goods_by_value(invoice: Build, item: Build) -> None:
    note = invoice(item("5102", "300.00", ncm="02023000"), item("5102", "100.00", ncm="84713012"))
    verdict = classify(note, NOBODY)
    assert verdict.sector == "Animais vivos e produtos do reino animal"
    assert (verdict.sector_source, verdict.sector_share) == ("ncm", Decimal("0.75"))


def test_no_sector_without_evidence(invoice: Build, item: Build) -> None:
    verdict = classify(invoice(item("5102", ncm="-1")), NOBODY)
    assert (verdict.sector, verdict.sector_source) == ("Não identificado", "none")


def test_every_reason_reads_in_both_languages(invoice: Build, item: Build, seller: Company, buyer: Company) -> None:
    note = invoice(item("5102"), item("9999"), item("1102"), item("5949", ISSQN={"vISSQN": "1.00"}))
    for own in (NOBODY, Companies([seller]), Companies([buyer]), Companies([seller, buyer])):
        for reason in classify(note, own).reasons:
            assert render(reason, "pt") and "{" not in render(reason, "pt")
            assert render(reason, "en") and "{" not in render(reason, "en")


def test_regimes_that_pay_one_amount() -> None:
    assert [regime for regime in Regime if regime.unified] == [Regime.SIMPLES, Regime.MEI]


@given(data=st.data())
def test_any_note_gets_a_verdict(notes: st.SearchStrategy[tuple[Note, Companies]], data: st.DataObject) -> None:
    note, companies = data.draw(notes)
    verdict = classify(note, companies)
    assert 0 <= verdict.confidence <= 1
    assert len(verdict.items) == len(note.items)
    assert verdict == classify(note, companies)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Classification) == verdict
