"""Families without a normal form still say what they are about."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.extraction.documents import extract
from engine.extraction.result import EventFacts, Facts

Document = Callable[[str], bytes]


def facts_of(content: bytes, family: str) -> Facts:
    found = extract(content, "x.xml")
    assert (found.family, found.status, found.state) == (family, "unsupported", "unsupported")
    assert found.facts
    return found.facts


def test_transport_note(document: Document) -> None:
    facts = facts_of(document("cte_exemplo.xml"), "cte")
    assert facts.access_key
    assert len(facts.access_key) == 44
    assert facts.number
    assert facts.issuer
    assert facts.issuer.id
    assert facts.total
    assert facts.cfops


def test_an_amount_with_an_exponent_is_told_plainly(document: Document) -> None:
    content = re.sub(rb"<vCarga>[^<]*<", b"<vCarga>1.5e5<", document("mdfe.xml"))
    assert facts_of(content, "mdfe").total == "150000"
    assert facts_of(re.sub(rb"<vCarga>[^<]*<", b"<vCarga>tree<", content), "mdfe").total == "tree"


def test_manifest(document: Document) -> None:
    facts = facts_of(document("mdfe.xml"), "mdfe")
    assert (facts.number, facts.series, facts.total) == ("10", "1", "1500.55")


def test_service_note_is_told_from_its_declaration(document: Document) -> None:
    note = facts_of(document("nfse-ibscbs.xml"), "nfse")
    assert (note.number, note.series, note.total) == ("1", "00007", "1000.00")
    assert note.access_key == "42024042200000000000000000000000000126031234567892"
    declaration = facts_of(document("dps_example.xml"), "dps")
    assert (declaration.number, declaration.total, declaration.access_key) == ("31", "120.00", None)


def test_event(document: Document) -> None:
    facts = facts_of(document("35180803102452000172550010000476051695511860-01-cce.xml"), "event")
    assert facts.event == EventFacts(
        type="110110", sequence="1", status=None, target="35180803102452000172550010000476051695511860"
    )
    assert facts.access_key == facts.event.target


def test_event_with_its_answer() -> None:
    content = (
        "<procEventoNFe><evento><infEvento><chNFe>1</chNFe><tpEvento>110111</tpEvento><nSeqEvento>1</nSeqEvento></infEvento>"
        "</evento><retEvento><infEvento><cStat>135</cStat><chNFe>1</chNFe></infEvento></retEvento></procEventoNFe>"
    )
    assert facts_of(content.encode(), "event").event == EventFacts(
        type="110111", sequence="1", status="135", target="1"
    )


def test_old_cancelling_pair_is_an_event() -> None:
    content = (
        "<procCancNFe><cancNFe><infCanc><chNFe>1</chNFe></infCanc></cancNFe>"
        "<retCancNFe><infCanc><cStat>101</cStat><chNFe>1</chNFe></infCanc></retCancNFe></procCancNFe>"
    )
    assert facts_of(content.encode(), "event").event == EventFacts(type="110111", status="101", target="1")


def test_national_service_event_is_named_after_its_element() -> None:
    content = (
        "<evento><infEvento><pedRegEvento><infPedReg><chNFSe>9</chNFSe><e101101><xMotivo>x</xMotivo></e101101></infPedReg>"
        "</pedRegEvento></infEvento></evento>"
    )
    event = facts_of(content.encode(), "event").event
    assert event
    assert (event.type, event.target) == ("101101", "9")


def test_unused_numbers(document: Document) -> None:
    facts = facts_of(document("enviaEventoInutilizacao.xml"), "inut")
    assert (facts.series, facts.range) == ("123", ("123456789", "987654321"))


def test_municipal_service_note() -> None:
    content = (
        '<CompNfse xmlns="http://www.abrasf.org.br/nfse.xsd"><Nfse><InfNfse><Numero>15</Numero><DataEmissao>2024-01-02</DataEmissao>'
        "<ValoresNfse><ValorLiquidoNfse>90,00</ValorLiquidoNfse></ValoresNfse><PrestadorServico><IdentificacaoPrestador>"
        "<CpfCnpj><Cnpj>1</Cnpj></CpfCnpj></IdentificacaoPrestador></PrestadorServico></InfNfse></Nfse></CompNfse>"
    )
    facts = facts_of(content.encode(), "nfse")
    assert (facts.number, facts.total) == ("15", "90.00")
    assert facts.issuer
    assert facts.issuer.id == "1"


def test_unknown_xml_has_no_facts() -> None:
    found = extract(b"<teste><tag>1</tag></teste>", "x.xml")
    assert (found.family, found.state, found.facts) == ("unknown", "unsupported", None)
