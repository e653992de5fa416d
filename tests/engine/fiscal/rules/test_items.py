"""Exceptions of the rules about items: where goods are handed over, who buys, when codes began, what adjusts and what is free."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.fiscal.findings import Severity
from engine.fiscal.rules import Surroundings, audit

Builder = Any
Verdicts = list[tuple[str, Severity]]
E, A = Severity.ERRO, Severity.ALERTA


def verdicts(note: Any, surroundings: Surroundings) -> Verdicts:
    return [(finding.code, finding.severity) for finding in audit(note, surroundings)]


def internal(builder: Builder) -> Builder:
    """An internal sale of one item whose recipient lives in another UF."""
    builder.identification["idDest"] = "1"
    builder.items = [builder.goods("1", "10.00", CFOP="5102")]
    return builder


def interstate(builder: Builder) -> Builder:
    """An interstate sale of one item whose recipient lives in the issuer's UF."""
    builder.items = [builder.goods("1", "10.00")]
    builder.recipient = builder.person("dest", builder.recipient.id, "cnpj", "SP", indIEDest="1")
    return builder


@pytest.mark.parametrize(("indicator", "expected"), [("1", [("CFO-04", E)]), ("2", []), ("9", [])])
def test_only_a_contributor_elsewhere_makes_an_internal_sale_wrong(
    indicator: str, expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    builder.recipient = builder.person("dest", builder.recipient.id, "cnpj", "MG", indIEDest=indicator)
    assert verdicts(internal(builder).note(), surroundings) == expected


def test_what_is_carried_away_from_the_counter_is_internal(builder: Builder, surroundings: Surroundings) -> None:
    internal(builder).identification["indPres"] = "1"
    builder.sections["transp"] = {"modFrete": "9"}
    assert verdicts(builder.note(), surroundings) == []
    builder.sections["transp"] = {"modFrete": "0"}
    assert verdicts(builder.note(), surroundings) == [("CFO-04", E)]


def test_fuel_consumed_in_the_issuer_s_uf_is_internal(builder: Builder, surroundings: Surroundings) -> None:
    internal(builder).items[0].product["comb/UFCons"] = "SP"
    assert verdicts(builder.note(), surroundings) == []


@pytest.mark.parametrize(
    ("place", "uf", "expected"),
    [
        ("entrega", "SP", []),
        ("entrega", "MG", [("CFO-04", E)]),
        ("retirada", "MG", []),
        ("retirada", "SP", [("CFO-04", E)]),
    ],
)
def test_internal_is_where_the_goods_stay(
    place: str, uf: str, expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    internal(builder).others[place] = builder.person(place, builder.company("341287450002"), "cnpj", uf)
    assert verdicts(builder.note(), surroundings) == expected


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({}, [("CFO-04", E)]),
        ({"entrega": "RJ"}, []),
        ({"retirada": "RJ"}, []),
        ({"entrega": "RJ", "retirada": "RJ"}, [("CFO-04", E)]),
        ({"entrega": "RJ", "retirada": "PR"}, []),
    ],
)
def test_interstate_is_where_the_goods_go(
    places: dict[str, str], expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    interstate(builder)
    for place, uf in places.items():
        builder.others[place] = builder.person(place, builder.company("341287450002"), "cnpj", uf)
    assert verdicts(builder.note(), surroundings) == expected


def test_layouts_that_do_not_say_where_the_operation_ends_are_only_looked_at(
    builder: Builder, surroundings: Surroundings
) -> None:
    del interstate(builder).identification["idDest"]
    assert verdicts(builder.note(), surroundings) == [("CFO-04", A)]
    builder.recipient = builder.person("dest", builder.recipient.id, "cnpj", "MG", IE="ISENTO")
    builder.items = [builder.goods("1", "10.00", CFOP="5102")]
    assert verdicts(builder.note(), surroundings) == []
    builder.recipient = builder.person("dest", builder.recipient.id, "cnpj", "MG", IE="1894549308605")
    assert verdicts(builder.note(), surroundings) == [("CFO-04", A)]


@pytest.mark.parametrize("change", [internal, interstate])
def test_a_list_cannot_tell_and_is_only_looked_at(change: Any, builder: Builder, surroundings: Surroundings) -> None:
    builder.medium = "list"
    assert verdicts(change(builder).note(), surroundings) == [("CFO-04", A)]


@pytest.mark.parametrize(
    ("day", "layout", "ncm", "expected"),
    [
        ("2022-03-31", "4.00", "12345678", [("NCM-01", A)]),
        ("2022-04-01", "4.00", "12345678", [("NCM-01", E)]),
        ("2018-08-15", "4.00", "38249977", []),
        ("2024-05-10", "4.00", "38249999", [("NCM-01", A)]),
        ("2024-08-10", "4.00", "38249999", [("NCM-01", E)]),
        ("2024-07-01", "4.00", "38249977", []),
        ("2023-12-31", "4.00", "29321910", []),
        ("2018-08-15", "4.00", "1904100", [("NCM-01", A)]),
        ("2024-05-10", "4.00", "19O41000", [("NCM-01", E)]),
        ("2013-10-18", "2.00", "19", []),
        ("2013-10-18", "2.00", "77", [("NCM-01", A)]),
        ("2024-05-10", "4.00", "19", [("NCM-01", E)]),
        ("2024-05-10", "4.00", "00", [("NCM-02", A)]),
    ],
)
def test_ncm_by_day_and_layout(
    day: str, layout: str, ncm: str, expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    builder.identification["dhEmi"] = f"{day}T10:00:00-03:00"
    builder.layout = layout
    builder.items = [builder.goods("1", "10.00", NCM=ncm)]
    assert verdicts(builder.note(), surroundings) == expected


def test_without_a_date_an_unknown_ncm_may_have_existed(builder: Builder, surroundings: Surroundings) -> None:
    key = builder.key()
    del builder.identification["dhEmi"]
    builder.items = [builder.goods("1", "10.00", NCM="12345678")]
    assert verdicts(builder.note(key=key), surroundings) == [("NCM-01", A)]


@pytest.mark.parametrize("code", ["6933", "6603"])
def test_what_moves_no_goods_needs_no_ncm(code: str, builder: Builder) -> None:
    builder.items = [builder.goods("1", "10.00", NCM="00000000", CFOP=code)]
    assert audit(builder.note(), Surroundings()) == ()


@pytest.mark.parametrize(
    ("crt", "variant", "leaves", "expected"),
    [
        ("1", "ICMSSN102", {"CSOSN": "102"}, []),
        ("1", "ICMS61", {"CST": "61"}, []),
        ("4", "ICMS40", {"CST": "40"}, [("CST-01", E)]),
        ("2", "ICMS40", {"CST": "40"}, []),
        ("2", "ICMSSN102", {"CSOSN": "102"}, [("CST-01", E)]),
        ("1", "ICMSST", {"CST": "60"}, []),
        (None, "ICMSSN102", {"CSOSN": "102"}, []),
    ],
)
def test_regime_and_situation(
    crt: str | None,
    variant: str,
    leaves: dict[str, str],
    expected: Verdicts,
    builder: Builder,
    surroundings: Surroundings,
) -> None:
    builder.issuer = builder.person("emit", builder.issuer.id, "cnpj", "SP", **({"CRT": crt} if crt else {}))
    builder.items = [builder.goods("1", "10.00")]
    builder.items[0].taxes["ICMS"] = (variant, {"orig": "0", **leaves})
    assert verdicts(builder.note(), surroundings) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.20", []),
        ("1.21", []),
        ("1.19", []),
        ("1.22", [("ICM-01", A)]),
        ("1.70", [("ICM-01", A)]),
        ("1.71", [("ICM-01", E)]),
    ],
)
def test_tolerance_of_the_tax_of_an_item(
    value: str, expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    builder.items = [builder.goods("1", "10.00")]
    builder.items[0].tax("ICMS")["vICMS"] = value
    assert verdicts(builder.note(), surroundings) == expected


@pytest.mark.parametrize(
    ("purpose", "expected"), [("1", [("VAL-01", E)]), ("2", []), ("3", []), ("4", [("VAL-01", A)])]
)
def test_only_normal_notes_are_held_to_quantity_times_price(
    purpose: str, expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    builder.identification["finNFe"] = purpose
    builder.items = [builder.goods("1", "10.00", vUnCom="99.00", vUnTrib="99.00")]
    assert verdicts(builder.note(), surroundings) == expected


@pytest.mark.parametrize(("delta", "severity"), [("0.01", None), ("0.02", A), ("0.50", A), ("0.51", E)])
def test_tolerance_of_the_value_of_an_item(
    delta: str, severity: Severity | None, builder: Builder, surroundings: Surroundings
) -> None:
    price = str(10 + Decimal(delta))
    builder.items = [builder.goods("1", "10.00", vUnCom=price, vUnTrib=price)]
    assert verdicts(builder.note(), surroundings) == ([("VAL-01", severity)] if severity else [])


def test_a_gift_may_be_worth_nothing(builder: Builder, surroundings: Surroundings) -> None:
    builder.items = [builder.goods("1", "0", CFOP="6910")]
    assert verdicts(builder.note(), surroundings) == []
    builder.items = [builder.goods("1", "0")]
    assert verdicts(builder.note(), surroundings) == [("VAL-02", A)]
