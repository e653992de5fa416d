"""How grave a departure from the layout is, and that one cause is told once."""

from __future__ import annotations

from typing import Any

import pytest

from engine.fiscal.findings import Severity
from engine.fiscal.note import Remark
from engine.fiscal.rules import Surroundings, audit

Builder = Any
E, A = Severity.ERRO, Severity.ALERTA


def departure(problem: str, element: str = "x") -> Remark:
    return Remark(kind="schema", path="/x", arguments={"problem": problem, "element": element})


@pytest.mark.parametrize(
    ("remarks", "severities"),
    [
        ([departure("order")], [A]),
        ([departure("blank")], [A]),
        ([departure("missing", "Signature")], [A]),
        ([departure("missing", "vNF")], [E]),
        ([departure("empty", "xCpl")], [A]),
        ([departure("empty", "vNF")], [E]),
        ([departure("pattern")], [E]),
        ([departure("something new")], [E]),
        ([Remark(kind="schema_older", found="3.10", expected="4.00")], [A]),
        ([departure("order"), Remark(kind="schema", arguments={"problem": "more", "count": "3"})], [A, A]),
        ([departure("number"), Remark(kind="schema", arguments={"problem": "more", "count": "3"})], [E, E]),
    ],
)
def test_form_is_looked_at_and_content_is_wrong(
    remarks: list[Remark], severities: list[Severity], builder: Builder, surroundings: Surroundings
) -> None:
    builder.remarks = tuple(remarks)
    findings = audit(builder.note(), surroundings)
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("XML-02", severity) for severity in severities
    ]


def test_decimal_commas_are_one_finding_with_their_number(builder: Builder, surroundings: Surroundings) -> None:
    comma = Remark(kind="decimal_comma", path="/x/vNF", found="1,00", expected="1.00")
    builder.remarks = (comma, comma, departure("decimal_comma", "vNF"))
    (finding,) = audit(builder.note(), surroundings)
    assert (finding.code, finding.severity, finding.found, finding.expected) == ("XML-02", E, "1,00", "1.00")
    assert finding.arguments == {"case": "comma", "count": "2"}


def test_a_list_has_no_layout_and_no_protocol(builder: Builder, surroundings: Surroundings) -> None:
    builder.medium, builder.protocol = "list", None
    builder.items = [builder.goods("1", "10.00")]
    builder.remarks = (departure("pattern"),)
    assert audit(builder.note(value="10.00"), surroundings) == ()
