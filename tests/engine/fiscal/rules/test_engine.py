"""The audit is ordered, repeatable, cut into small steps, and never fails on what a document says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.fiscal.note import Group, Item, Note
from engine.fiscal.rules import BY_CODE, RULES, Surroundings, audit, in_order, render, steps
from engine.fiscal.rules.model import Rule, Text
from engine.fiscal.tables import EMPTY

Builder = Any


def with_every_leaf(note: Note, text: str) -> Note:
    """The note with one text in every leaf of its items and totals."""

    def spoiled(group: Group) -> Group:
        return msgspec.structs.replace(group, values=dict.fromkeys(group.values, text))

    def item(one: Item) -> Item:
        taxes = {name: spoiled(group) for name, group in one.taxes.items()}
        return msgspec.structs.replace(one, product=spoiled(one.product), taxes=taxes)

    return msgspec.structs.replace(
        note,
        items=tuple(item(one) for one in note.items),
        totals={name: spoiled(group) for name, group in note.totals.items()},
        identification=spoiled(note.identification),
    )


@pytest.mark.parametrize("text", ["1E+999999", "9E999998", "-1E-999999", "NaN", "sNaN", "abc", "٣", " ", "", "0", "-1"])
def test_whatever_stands_in_the_leaves_the_audit_answers(
    text: str, builder: Builder, surroundings: Surroundings
) -> None:
    findings = audit(with_every_leaf(builder.note(), text), surroundings)
    assert all(render(finding, "pt") and render(finding, "en") for finding in findings)


def test_findings_are_told_in_the_order_of_rules_and_items(builder: Builder, surroundings: Surroundings) -> None:
    builder.items = [builder.goods("1", "1.00", NCM="00000000", CFOP="6999") for _ in range(60)]
    findings = audit(builder.note(value="1.00"), surroundings)
    places = [(list(BY_CODE).index(finding.code), finding.item or 0) for finding in findings]
    assert places == sorted(places)
    assert len(findings) == 121
    assert in_order(reversed(findings)) == findings


def test_the_same_note_gives_the_same_findings(builder: Builder, surroundings: Surroundings) -> None:
    note = with_every_leaf(builder.note(), "abc")
    assert audit(note, surroundings) == audit(note, surroundings)


def test_a_large_note_is_audited_in_many_steps(builder: Builder, surroundings: Surroundings) -> None:
    builder.items = [builder.goods("1", "1.00") for _ in range(500)]
    done = list(steps(builder.note(), surroundings))
    assert len(done) > 20
    assert not any(done)


def test_without_tables_there_is_no_verdict_on_codes(builder: Builder) -> None:
    builder.items[0].product |= {"NCM": "12345678", "CFOP": "6999"}
    assert audit(builder.note(), Surroundings(tables=EMPTY)) == ()


def test_a_note_of_nothing_is_audited(surroundings: Surroundings) -> None:
    empty = Group(path="/x")
    party: Any = {"group": empty, "address": empty}
    note = msgspec.convert(
        msgspec.to_builtins(
            {"family": "nfe", "medium": "xml", "identification": empty, "issuer": party, "recipient": party}
        ),
        Note,
    )
    assert {finding.code for finding in audit(note, surroundings)} == {"CHV-01", "PRT-01"}


def test_rules_have_codes_of_their_own() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(set(rule.implies) <= set(BY_CODE) for rule in RULES)


@pytest.mark.parametrize(
    ("day", "speaks"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False), (None, False)],
)
def test_a_rule_speaks_on_its_days_only(day: str | None, speaks: bool) -> None:
    rule = Rule(
        code="X",
        severity=RULES[0].severity,
        title=Text("x", "x"),
        messages={},
        legal="x",
        valid_from="2026-01-01",
        valid_to="2026-12-31",
    )
    assert rule.speaks("xml", day) is speaks
