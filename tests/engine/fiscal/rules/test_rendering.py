"""Every message of every rule can be said in both languages, with the reader's own numbers."""

from __future__ import annotations

import string
from typing import Any

import pytest

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.note import Remark
from engine.fiscal.rules import BY_CODE, RULES, Rule, Surroundings, Twin, audit, describe, legal, render, unreadable
from engine.fiscal.rules.layout import DEPARTURES
from engine.fiscal.rules.rendering import MISSING

Builder = Any


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_explains_itself_in_both_languages(rule: Rule) -> None:
    assert rule.legal
    assert legal(rule.code) == rule.legal
    assert rule.title.pt
    assert describe(rule.code, "en") == rule.title.en
    assert rule.messages
    for message in rule.messages.values():
        fields = [
            {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name}
            for text in (message.pt, message.en)
        ]
        # The reason of an unreadable file is itself a sentence in one language.
        assert {(name.removesuffix("_en"), spec) for name, spec in fields[1]} == fields[0]


def findings_of_many_kinds(builder: Builder, surroundings: Surroundings) -> list[Finding]:
    """A note so broken that most rules speak."""
    problems = [
        problem for problem in DEPARTURES if problem not in ("comma", "older", "unversioned", "more", "signature")
    ]
    builder.remarks = (
        *(
            Remark(kind="schema", path="/x", found="1", arguments={"problem": problem, "element": "x"})
            for problem in problems
        ),
        Remark(kind="schema", path="/x", arguments={"problem": "missing", "element": "Signature"}),
        Remark(kind="schema", arguments={"problem": "more", "count": "7"}),
        Remark(kind="schema_older", found="2.00", expected="4.00"),
        Remark(kind="schema_older", expected="4.00"),
        Remark(kind="decimal_comma", path="/x", found="1,0", expected="1.0"),
        Remark(kind="encoding_recovered", found="iso-8859-1"),
        Remark(kind="template"),
        Remark(kind="leading_zeros_restored", path="a/NCM", found="1", expected="01"),
        Remark(kind="unpaired_header"),
        Remark(kind="unpaired_items"),
    )
    builder.others = {
        "transporta": builder.person("transporta", "1" * 14, "cnpj", "SP"),
        "entrega": builder.person("entrega", "12345678901", "cpf", "SP"),
        "autXML[1]": builder.person("autXML", "***.165.104-**", "masked", "SP"),
        "retirada": builder.person("retirada", "123", "cpf", "SP"),
    }
    for item, ncm in zip(builder.items, ("12345678", "190410", "00"), strict=True):
        item.product |= {"NCM": ncm, "CFOP": "6999", "vProd": "0.00"}
    builder.items[0].tax("ICMS")["vICMS"] = "999.99"
    broken = builder.note(
        totals={"vBC": "9999.99", "vIPI": "3"}, services={"vISS": "1"}, value="1234567.80", protocol={"cStat": "1"}
    )
    twins = (
        Twin(access_key=builder.key(), digest="e" * 64, medium="xml", order=0),
        Twin(access_key=builder.key()[:35] + "0" * 9, digest="e" * 64, medium="xml", order=1),
    )
    return list(audit(broken, Surroundings(tables=surroundings.tables, twins=twins, order=9)))


def test_no_message_lacks_an_argument(builder: Builder, surroundings: Surroundings) -> None:
    findings = findings_of_many_kinds(builder, surroundings)
    assert len({finding.code for finding in findings}) > 15
    for finding in findings:
        for said in (render(finding, "pt"), render(finding, "en")):
            assert MISSING not in said
            assert "{" not in said


def test_amounts_are_written_as_the_reader_writes_them(builder: Builder, surroundings: Surroundings) -> None:
    (finding,) = audit(builder.note(value="1234567.80"), surroundings)
    assert (finding.found, finding.cstat, finding.path) == (
        "1234567.80",
        "610",
        "/nfeProc/NFe/infNFe/total/ICMSTot/vNF",
    )
    portuguese, english = render(finding, "pt"), render(finding, "en")
    assert portuguese.startswith("vNF é 1.234.567,80; a fórmula dá 327,84 = vProd 223,85 - vDesc 2,25 + vST 9,87")
    assert english.startswith("vNF is 1,234,567.80; the formula gives 327.84 = vProd 223.85 - vDesc 2.25 + vST 9.87")


def test_an_unreadable_file_has_a_finding_of_its_own() -> None:
    class Problem:
        code = "truncated"
        message = "XML incompleto."
        line: int | None = 330

    finding = unreadable(Problem(), "Incomplete XML.")
    assert (finding.code, finding.severity, finding.cstat) == ("XML-01", Severity.ERRO, "215")
    assert render(finding, "pt") == "O arquivo não pôde ser lido, na linha 330: XML incompleto."
    assert render(finding, "en") == "The file could not be read, at line 330: Incomplete XML."
    Problem.line = None
    assert render(unreadable(Problem()), "en") == "The file could not be read: XML incompleto."


def test_a_finding_of_another_version_is_still_said() -> None:
    unknown = Finding(code="NEW-99", severity=Severity.INFO, found="1", arguments={"x": "2"})
    assert render(unknown, "pt") == "NEW-99 found=1 x=2"
    assert describe("NEW-99", "pt") == "NEW-99"
    assert legal("NEW-99") is None
    poor = Finding(code="CHV-02", severity=Severity.ERRO)
    assert MISSING in render(poor, "pt")


def test_aliases_of_the_cloud_application_are_each_one_rule_s() -> None:
    aliases = [alias for rule in BY_CODE.values() for alias in rule.alias]
    assert len(set(aliases)) == len(aliases)
    assert {
        "CFOP-GEO-02",
        "NCM-INV-01",
        "NCM-INV-02",
        "VAL-ERR-01",
        "VAL-WARN-01",
        "ICMS-CALC-01",
        "IMPORT-FAIL",
    } <= set(aliases)
