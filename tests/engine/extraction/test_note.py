"""An infNFe of any layout, prefix or wrapper becomes the same normal form, in the document's own text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from lxml import etree

from engine.extraction.documents import extract
from engine.fiscal.note import Note

Document = Callable[[str], bytes]

NFE = "http://www.portalfiscal.inf.br/nfe"


def note_of(content: bytes) -> Note:
    found = extract(content, "nota.xml")
    assert found.status == "parsed"
    assert found.note
    return found.note


def small(inside: str, *, attributes: str = "") -> Note:
    return note_of(f'<NFe xmlns="{NFE}"><infNFe {attributes}>{inside}</infNFe></NFe>'.encode())


@pytest.fixture(scope="module")
def full(document: Document) -> Note:
    return note_of(document("vnf_divergente.xml"))


def test_header(full: Note) -> None:
    assert (full.family, full.medium, full.layout) == ("nfe", "xml", "4.00")
    assert full.identifier == "NFe35180834128745000152550010000474281920007498"
    assert full.access_key == "35180834128745000152550010000474281920007498"
    assert (full.number, full.series, full.issue_date) == ("47428", "1", "2018-08-07")
    assert full.identification.path == "/nfeProc/NFe/infNFe/ide"


def test_parties(full: Note) -> None:
    assert (full.issuer.id, full.issuer.id_kind) == (full.issuer.group.text("CNPJ"), "cnpj")
    assert full.issuer.uf == full.issuer.address.text("UF") == "SP"
    assert full.issuer.city == full.issuer.address.text("cMun")
    assert full.issuer.address.path == "/nfeProc/NFe/infNFe/emit/enderEmit"
    assert "xLgr" not in full.issuer.group
    assert full.recipient.name


def test_items_have_their_taxes_with_variants(full: Note) -> None:
    assert [item.number for item in full.items] == [1, 2, 3, 4, 5, 6]
    item = full.items[1]
    assert item.path == "/nfeProc/NFe/infNFe/det[2]"
    assert item.product.where("vProd") == "/nfeProc/NFe/infNFe/det[2]/prod/vProd"
    assert item.variants["ICMS"].startswith("ICMS")
    assert item.tax("ICMS").path == f"/nfeProc/NFe/infNFe/det[2]/imposto/ICMS/{item.variants['ICMS']}"
    assert item.tax("ICMS").text("orig")
    assert item.tax("PIS").decimal("vPIS") is not None


def test_totals_protocol_and_sections(full: Note) -> None:
    assert str(full.value) == full.total().text("vNF")
    assert full.protocol
    assert full.protocol.status == "100"
    assert full.protocol.group.path == "/nfeProc/protNFe/infProt"
    assert full.sections["transp"].text("modFrete")
    assert full.sections["pag/detPag[1]"].text("tPag")


@pytest.mark.parametrize(
    ("name", "layout", "items", "issued"),
    [
        ("v1.xml", "1.10", 1, "2010-12-01"),
        ("nfe_with_entrega.xml", "2.00", 3, None),
        ("v3.10_Retrato.xml", "3.10", 1, None),
        ("v4_ComLocalRetirada.xml", "4.00", 2, None),
        ("24240121172344000158550010000226611518005129.xml", None, 1, "2024-01-15"),
    ],
)
def test_every_layout_is_read(
    document: Document, name: str, layout: str | None, items: int, issued: str | None
) -> None:
    note = note_of(document(name))
    assert (note.layout, len(note.items)) == (layout, items)
    assert note.issue_date
    assert issued in (None, note.issue_date)
    assert note.issuer.id
    assert note.value is not None
    assert all(item.cfop and item.ncm for item in note.items)


def test_a_consumer_note_is_told_by_its_model(document: Document) -> None:
    note = note_of(document("nfce.xml"))
    assert note.family == "nfce"
    assert note.sections["infNFeSupl"].text("qrCode")
    assert note.recipient.id is None or note.recipient.id_kind in ("cpf", "cnpj")
    assert small("", attributes='Id="NFe35210258716523000119650000000573661346317847"').family == "nfce"


def test_the_reform_is_keyed_by_paths(document: Document) -> None:
    note = note_of(document("IbsCbs.xml"))
    reform = note.items[0].tax("IBSCBS")
    assert reform.text("cClassTrib")
    assert reform.decimal("gIBSCBS/gIBSUF/vIBSUF") is not None
    assert note.total("IBSCBSTot").decimal("gIBS/vIBS") is not None


def test_letters_in_cnpj_and_key_are_kept(document: Document) -> None:
    note = note_of(document("derivado_cnpj_alfanumerico_chave_valida.xml"))
    assert note.issuer.id
    assert not note.issuer.id.isdigit()
    assert note.access_key
    assert note.issuer.id in note.access_key


def test_other_parties_are_named_after_their_element(document: Document) -> None:
    note = note_of(document("v4_ComLocalRetirada.xml"))
    assert note.others["retirada"].uf
    two = small(
        "<autXML><CNPJ>1</CNPJ></autXML><autXML><CPF>2</CPF></autXML><transp><transporta><CNPJ>3</CNPJ></transporta></transp>"
    )
    assert {name: party.id for name, party in two.others.items()} == {
        "autXML[1]": "1",
        "autXML[2]": "2",
        "transporta": "3",
    }


def test_what_is_absent_is_none_and_what_is_blank_says_so() -> None:
    note = small("<ide><mod>55</mod></ide><emit><CNPJ/><CPF>11144477735</CPF></emit>")
    assert (note.access_key, note.number, note.value, note.recipient.id, note.protocol) == (None,) * 5
    assert (note.issuer.id, note.issuer.id_kind) == ("11144477735", "cpf")
    assert "CNPJ" in note.issuer.group
    assert not note.total()


def test_decimal_commas_become_dots_with_a_remark() -> None:
    note = small(
        '<det nItem="7"><prod><xProd>1,5 kg</xProd><vProd>1.234,56</vProd><qCom>2,0000</qCom></prod></det>'
        "<total><ICMSTot><vNF>12,34</vNF></ICMSTot></total>"
    )
    assert note.items[0].product.text("vProd") == "1234.56"
    assert note.items[0].product.text("xProd") == "1,5 kg"
    assert str(note.value) == "12.34"
    remarks = [remark for remark in note.remarks if remark.kind == "decimal_comma"]
    assert [(r.item, r.found, r.expected) for r in remarks] == [
        (7, "1.234,56", "1234.56"),
        (7, "2,0000", "2.0000"),
        (None, "12,34", "12.34"),
    ]
    assert remarks[0].path == "/NFe/infNFe/det[1]/prod/vProd"


def test_repeated_leaves_and_groups_are_numbered() -> None:
    note = small(
        "<det><prod><NVE>A</NVE><NVE>B</NVE><rastro><nLote>1</nLote></rastro><rastro><nLote>2</nLote></rastro></prod></det>"
        "<cobr><fat><nFat>9</nFat></fat><dup><vDup>1</vDup></dup><dup><vDup>2</vDup></dup></cobr>"
        '<infAdic><obsCont xCampo="pedido"><xTexto>77</xTexto></obsCont></infAdic>'
    )
    assert dict(note.items[0].product.values) == {
        "NVE": "A",
        "NVE[2]": "B",
        "rastro/nLote": "1",
        "rastro[2]/nLote": "2",
    }
    assert note.items[0].number == 1
    assert note.sections["cobr/fat"].text("nFat") == "9"
    assert note.sections["cobr/dup[2]"].path == "/NFe/infNFe/cobr/dup[2]"
    assert note.sections["infAdic/obsCont[1]"].values == {"@xCampo": "pedido", "xTexto": "77"}


def test_item_leaves_outside_product_and_taxes_are_kept() -> None:
    item = small(
        "<det><prod/><imposto><vTotTrib>3</vTotTrib></imposto><infAdProd>x</infAdProd><vItem>9</vItem></det>"
    ).items[0]
    assert item.tax("det").values == {"infAdProd": "x", "vItem": "9"}
    assert item.tax("imposto").text("vTotTrib") == "3"


def test_references_are_the_keys_of_nfref() -> None:
    note = small(
        "<ide><NFref><refNFe>1</refNFe></NFref><NFref><refNF><nNF>5</nNF></refNF></NFref><NFref><refCTe>2</refCTe></NFref></ide>"
    )
    assert note.references == ("1", "2")


def test_the_protocol_of_the_same_key_is_taken() -> None:
    def protocol(key: str, status: str) -> str:
        return f"<protNFe><infProt><chNFe>{key}</chNFe><cStat>{status}</cStat></infProt></protNFe>"

    content = f'<r><NFe><infNFe Id="NFe77"/></NFe>{protocol("66", "301")}{protocol("77", "100")}</r>'
    found = note_of(content.encode()).protocol
    assert found
    assert found.status == "100"


@pytest.mark.parametrize("prefix", ["", "n:"])
@pytest.mark.parametrize(
    "wrapper", ["{}", "<s:Envelope xmlns:s='urn:s'><s:Body>{}</s:Body></s:Envelope>", "<enviNFe>{}</enviNFe>"]
)
def test_prefix_and_wrapper_do_not_matter(prefix: str, wrapper: str) -> None:
    declared = f'xmlns{":n" if prefix else ""}="{NFE}"'
    plain = f'<NFe {declared}><infNFe Id="NFe1"><ide><nNF>5</nNF></ide></infNFe></NFe>'
    sheet = plain.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}")
    note = note_of(wrapper.format(sheet).encode())
    assert (note.access_key, note.number) == ("1", "5")
    assert note.identification.path.endswith("/NFe/infNFe/ide")


def test_a_document_without_namespace_is_read(document: Document) -> None:
    assert str(note_of(document("nota_valores_virgula.xml")).value) == "123.45"


def test_the_digest_is_that_of_the_element_as_its_own_document(document: Document) -> None:
    content = document("derivado_assinatura_ok.xml")
    info = next(etree.fromstring(content).iter("{*}infNFe"))
    again = etree.fromstring(etree.tostring(info, with_tail=False))
    expected = hashlib.sha256(etree.tostring(again, method="c14n", with_comments=False)).hexdigest()
    note = note_of(content)
    assert note.digest == expected
    assert note.signature_digest == info.getparent().findtext(".//{*}DigestValue")  # type: ignore[union-attr]


def test_any_change_of_content_changes_the_digest(document: Document) -> None:
    content = document("vnf_divergente.xml")
    changed = content.replace(b"<natOp>Venda<", b"<natOp>Compra<")
    assert note_of(content).digest != note_of(changed).digest
    assert note_of(content).digest == note_of(content.replace(b"<nfeProc ", b"<!-- x --><nfeProc ")).digest


def test_thousands_of_repeats_are_numbered_in_linear_time() -> None:
    note = small("<det><prod>" + "<NVE>A</NVE>" * 20_000 + "</prod></det>" + "<autXML><CNPJ>1</CNPJ></autXML>" * 20_000)
    assert len(note.items[0].product.values) == len(note.others) == 20_000
