"""Keys of avulsas, persons, old layouts and lists; masked and foreign identifiers."""

from __future__ import annotations

from typing import Any

import pytest

from engine.fiscal.findings import Severity
from engine.fiscal.identifiers import cpf_check_digits, key_check_digit
from engine.fiscal.rules import Surroundings, audit

Builder = Any
Verdicts = list[tuple[str, Severity]]


def verdicts(note: Any, surroundings: Surroundings) -> Verdicts:
    return [(finding.code, finding.severity) for finding in audit(note, surroundings)]


def test_an_avulsa_bears_the_key_of_the_tax_office(builder: Builder, surroundings: Surroundings) -> None:
    builder.identification["serie"] = "890"
    key = builder.key()
    body = key[:6] + builder.company("08761132000")[:14].zfill(14) + key[20:43]
    note = builder.note(key=body + key_check_digit(body))
    assert verdicts(note, surroundings) == [("CHV-03", Severity.INFO)]


def test_a_person_s_cpf_stands_in_the_key_filled_with_zeros(builder: Builder, surroundings: Surroundings) -> None:
    builder.identification["serie"] = "920"
    builder.issuer = builder.person("emit", "681615256" + cpf_check_digits("681615256"), "cpf", "SP", CRT="3")
    assert verdicts(builder.note(), surroundings) == []


def test_a_masked_issuer_is_compared_by_what_it_shows(builder: Builder, surroundings: Surroundings) -> None:
    builder.identification["serie"] = "920"
    builder.issuer = builder.person("emit", "68161525650", "cpf", "SP", CRT="3")
    key = builder.key()
    builder.issuer = builder.person("emit", "***.615.256-**", "masked", "SP", CRT="3")
    assert verdicts(builder.note(key=key), surroundings) == [("IDE-01", Severity.INFO)]
    builder.issuer = builder.person("emit", "***.999.256-**", "masked", "SP", CRT="3")
    assert ("CHV-03", Severity.ERRO) in verdicts(builder.note(key=key), surroundings)


def test_layout_1_has_a_longer_code_and_no_emission_type(builder: Builder, surroundings: Surroundings) -> None:
    key = builder.key()
    builder.layout = "1.10"
    builder.identification |= {"cNF": key[34:43]}
    del builder.identification["tpEmis"]
    assert verdicts(builder.note(key=key), surroundings) == []
    builder.identification["cNF"] = "999999999"
    assert verdicts(builder.note(key=key), surroundings) == [("CHV-03", Severity.ERRO)]


@pytest.mark.parametrize(
    ("leaf", "severity"), [("tpEmis", Severity.ALERTA), ("cNF", Severity.ERRO), ("nNF", Severity.ERRO)]
)
def test_what_identifies_weighs_more_than_how_it_was_sent(
    leaf: str, severity: Severity, builder: Builder, surroundings: Surroundings
) -> None:
    key = builder.key()
    builder.identification[leaf] = "9"
    assert verdicts(builder.note(key=key), surroundings) == [("CHV-03", severity)]


def test_in_a_list_a_differing_key_is_said_and_no_more(builder: Builder, surroundings: Surroundings) -> None:
    key = builder.key()
    builder.medium, builder.protocol = "list", None
    del builder.identification["cUF"]
    builder.issuer = builder.person("emit", builder.issuer.id, "cnpj", "MS")
    builder.identification |= {"cUF": "50"}
    findings = audit(builder.note(key=key, value=None), surroundings)
    assert ("CHV-03", Severity.INFO) in [(finding.code, finding.severity) for finding in findings]
    assert all(finding.severity is not Severity.ERRO for finding in findings)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("100", []),
        ("150", []),
        ("101", [("CHV-04", Severity.ALERTA)]),
        ("155", [("CHV-04", Severity.ALERTA)]),
        ("302", [("CHV-04", Severity.ALERTA)]),
        ("204", [("CHV-04", Severity.ERRO)]),
    ],
)
def test_the_protocol_s_status(status: str, expected: Verdicts, builder: Builder, surroundings: Surroundings) -> None:
    assert verdicts(builder.note(protocol={"cStat": status}), surroundings) == expected


def test_a_digest_broken_into_lines_is_the_same_digest(builder: Builder, surroundings: Surroundings) -> None:
    assert verdicts(builder.note(protocol={"digVal": "c2Ft\n ZQ=="}), surroundings) == []


def test_who_lives_abroad_has_no_check_digits(builder: Builder, surroundings: Surroundings) -> None:
    builder.identification["idDest"] = "3"
    for item in builder.items:
        item.product["CFOP"] = "7102"
    builder.recipient = builder.person("dest", "0" * 14, "cnpj", "EX", indIEDest="9")
    assert verdicts(builder.note(), surroundings) == []
    builder.recipient = builder.person("dest", "371780142", "foreign", "EX", indIEDest="9")
    assert verdicts(builder.note(), surroundings) == []


def test_a_consumer_need_not_be_named(builder: Builder, surroundings: Surroundings) -> None:
    builder.recipient = builder.person("dest", None, "cpf", "MG", indIEDest="9")
    assert verdicts(builder.note(), surroundings) == []


def test_each_party_has_its_own_rejection(builder: Builder, surroundings: Surroundings) -> None:
    wrong = "34128745000153"
    builder.recipient = builder.person("dest", wrong, "cnpj", "MG", indIEDest="1")
    builder.others = {
        "transporta": builder.person("transporta", wrong, "cnpj", "SP"),
        "autXML[2]": builder.person("autXML[2]", wrong, "cnpj", "SP"),
        "entrega": builder.person("entrega", "12345678901", "cpf", "MG"),
    }
    assert [finding.cstat for finding in audit(builder.note(), surroundings)] == ["208", "542", "323", None]
