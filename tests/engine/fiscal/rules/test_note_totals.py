"""Totals: which items count, how far they may be off, and the exceptions of the value of the note."""

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


@pytest.mark.parametrize(
    ("delta", "severity"), [("0.01", None), ("-0.01", None), ("0.02", A), ("0.50", A), ("-0.51", E), ("0.51", E)]
)
def test_tolerance_of_the_note_and_of_a_total(
    delta: str, severity: Severity | None, builder: Builder, surroundings: Surroundings
) -> None:
    value = builder.note().value + Decimal(delta)
    assert verdicts(builder.note(value=str(value)), surroundings) == ([("TOT-20", severity)] if severity else [])
    base = Decimal(builder.totals({})["vBC"]) + Decimal(delta)
    assert verdicts(builder.note(totals={"vBC": str(base)}), surroundings) == (
        [("TOT-01", severity)] if severity else []
    )


def test_what_indTot_leaves_out_is_not_summed(builder: Builder, surroundings: Surroundings) -> None:
    builder.items[0].product["indTot"] = "0"
    assert verdicts(builder.note(), surroundings) == []
    del builder.items[0].product["indTot"]
    assert verdicts(builder.note(), surroundings) == []


def test_each_total_carries_its_own_rejection(builder: Builder, surroundings: Surroundings) -> None:
    findings = audit(builder.note(totals={"vSeg": "9.00", "vOutro": "9.00"}), surroundings)
    assert [(finding.code, finding.cstat, finding.arguments["leaf"]) for finding in findings] == [
        ("TOT-06", "536", "vSeg"),
        ("TOT-06", "604", "vOutro"),
    ]
    assert (findings[0].found, findings[0].expected, findings[0].delta) == ("9.00", "1.50", "7.50")


def test_an_absent_total_is_zero_only_where_it_may_be_absent(builder: Builder, surroundings: Surroundings) -> None:
    note = builder.note()
    for leaf in ("vTotTrib", "vFCP"):
        del note.totals["ICMSTot"].values[leaf]
    assert verdicts(note, surroundings) == []
    del note.totals["ICMSTot"].values["vICMSUFDest"]
    assert verdicts(note, surroundings) == [("TOT-12", E)]


def test_an_import_is_not_held_to_the_formula(builder: Builder, surroundings: Surroundings) -> None:
    builder.identification |= {"tpNF": "0", "idDest": "3"}
    builder.recipient = builder.person("dest", "371780142", "foreign", "EX", indIEDest="9")
    builder.items = builder.items[:2]
    for item in builder.items:
        item.product["CFOP"] = "3102"
    assert verdicts(builder.note(value="1.00"), surroundings) == []


def test_new_vehicles_are_billed_without_substitution(builder: Builder, surroundings: Surroundings) -> None:
    builder.items[1].product["veicProd/tpOp"] = "2"
    sums = builder.totals({})
    value = builder.note().value - sum(Decimal(sums[leaf]) for leaf in ("vST", "vFCPST", "vIPIDevol"))
    assert verdicts(builder.note(value=str(value)), surroundings) == []
    assert verdicts(builder.note(), surroundings) == [("TOT-20", E)]


@pytest.mark.parametrize(
    ("indicator", "offset", "expected"),
    [("1", 0, []), ("1", 2, [("TOT-20", E)]), ("0", 2, []), (None, 0, []), (None, 2, [])],
)
def test_an_exempted_icms_may_be_left_in_unless_its_deduction_is_declared(
    indicator: str | None, offset: int, expected: Verdicts, builder: Builder, surroundings: Surroundings
) -> None:
    value = builder.note().value + offset
    leaves = builder.items[1].tax("ICMS")
    del leaves["indDeduzDeson"]
    if indicator:
        leaves["indDeduzDeson"] = indicator
    assert verdicts(builder.note(value=str(value)), surroundings) == expected


def test_fuel_may_be_billed_without_the_substitution_charged_before(
    builder: Builder, surroundings: Surroundings
) -> None:
    sums = builder.totals({})
    value = builder.note().value - Decimal(sums["vST"]) - Decimal(sums["vFCPST"])
    assert verdicts(builder.note(value=str(value)), surroundings) == [("TOT-20", E)]
    builder.items[1].product["comb/cProdANP"] = "320102001"
    assert verdicts(builder.note(value=str(value)), surroundings) == []


def test_pis_st_and_cofins_st_count_where_the_item_says_so(builder: Builder, surroundings: Surroundings) -> None:
    value = builder.note().value
    builder.items[0].taxes |= {
        "PISST": (None, {"vPIS": "2.00", "indSomaPISST": "1"}),
        "COFINSST": (None, {"vCOFINS": "3.00", "indSomaCOFINSST": "0"}),
    }
    assert verdicts(builder.note(value=str(value + 2)), surroundings) == []


def test_a_list_whose_items_sum_to_another_amount_is_only_looked_at(
    builder: Builder, surroundings: Surroundings
) -> None:
    builder.medium, builder.protocol = "list", None
    builder.items = [builder.goods("1", "10.00")]
    assert verdicts(builder.note(value="9000.00"), surroundings) == [("TOT-20", A)]
    assert verdicts(builder.note(value="10.01"), surroundings) == []


def test_a_note_without_items_or_totals_has_no_sums_to_compare(builder: Builder, surroundings: Surroundings) -> None:
    note = builder.note()
    note.totals.clear()
    assert verdicts(note, surroundings) == []
