"""`extract` is total: whatever the bytes, the answer is a value that survives the pipe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.extraction.documents import extract
from engine.extraction.kinds import recognise
from engine.extraction.result import Extraction
from engine.extraction.xml_split import split_documents

Document = Callable[[str], bytes]
REPOSITORY = Path(__file__).resolve().parents[3]
DATA = REPOSITORY / "tests" / "data"
SAMPLES = Path(os.environ.get("NEXUS_SAMPLES", REPOSITORY.parent / "shared" / "samples"))

REAL = [path.read_bytes() for path in sorted((DATA / "nfe").glob("*.xml"))]


def survives(found: Extraction) -> bool:
    return msgspec.json.decode(msgspec.json.encode(found), type=Extraction) == found


@pytest.mark.parametrize(
    ("content", "name", "family", "status", "state"),
    [
        (b"%PDF-1.7\n1 0 obj", "a.pdf", "pdf", "ocr_needed", "ocr_needed"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image", "ocr_needed", "ocr_needed"),
        (b"a;b\n1;2\n", "a.csv", "csv", "unsupported", "unsupported"),
        (b"|0000|020|0|", "a.txt", "efd", "unsupported", "unsupported"),
        (b"", "a.xml", "unknown", "error", "unreadable"),
        (b"", "a.bin", "unknown", "unsupported", "unsupported"),
        (b"%PDF-1.4 not xml", "a.xml", "unknown", "error", "unreadable"),
        (b"HTTP/1.1 403 Forbidden\n\n<html>", "a.xml", "unknown", "error", "unreadable"),
        (b"<NFe><infNFe Id='NFe35", "a.xml", "nfe", "error", "unreadable"),
        (b"<?xml version='1.0'?><a>", "a.bin", "unknown", "error", "unreadable"),
        (b"<NFe></NFe>", "a.xml", "unknown", "unsupported", "unsupported"),
    ],
)
def test_outcomes(content: bytes, name: str, family: str, status: str, state: str) -> None:
    found = extract(content, name)
    assert (found.family, found.status, found.state) == (family, status, state)
    assert (found.error is not None) == (state == "unreadable")
    assert survives(found)


@pytest.mark.parametrize(
    ("content", "element", "missing"),
    [
        (b'<enviNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><idLote>1</idLote></enviNFe>', "enviNFe", "infNFe"),
        (b"<enviNFe><idLote>1</idLote></enviNFe>", "enviNFe", "infNFe"),
        (b"<nfeProc><NFe/></nfeProc>", "nfeProc", "infNFe"),
        (b"<s:Envelope xmlns:s='x'><s:Body><enviNFe/></s:Body></s:Envelope>", "enviNFe", "infNFe"),
        (b'<cteProc xmlns="http://www.portalfiscal.inf.br/cte"/>', "cteProc", "CTe"),
        (b'<mdfeProc xmlns="http://www.portalfiscal.inf.br/mdfe"><protMDFe/></mdfeProc>', "mdfeProc", "MDFe"),
        (b'<envEvento xmlns="http://www.portalfiscal.inf.br/nfe"><idLote>1</idLote></envEvento>', "envEvento", "evento"),
    ],
)  # fmt: skip
def test_a_wrapper_around_nothing_says_what_is_missing(content: bytes, element: str, missing: str) -> None:
    found = extract(content, "lote.xml")
    assert (found.status, found.state) == ("error", "unreadable")
    assert found.error is not None and found.error.code == "incomplete"
    assert found.error.arguments == {"element": element, "missing": missing}


@pytest.mark.parametrize(
    "content",
    [b"<retEnviNFe xmlns='http://www.portalfiscal.inf.br/nfe'><cStat>103</cStat></retEnviNFe>", b"<retEnvEvento/>"],
)
def test_an_answer_without_a_document_is_no_lot(content: bytes) -> None:
    assert extract(content, "resposta.xml").state == "unsupported"


def test_latin_1_without_declaration_is_recovered_with_a_remark(document: Document) -> None:
    content = document("vnf_divergente.xml").replace(b"<natOp>Venda<", "<natOp>Devolução<".encode("latin-1"))
    found = extract(content, "nota.xml")
    assert found.note
    assert found.note.identification.text("natOp") == "Devolução"
    assert found.encoding == "iso-8859-1"
    assert [remark.kind for remark in found.remarks] == ["encoding_recovered"]
    assert found.note.remarks == found.remarks


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_silent(document: Document, codec: str) -> None:
    text = document("vnf_divergente.xml").decode()
    found = extract(text.encode(codec), "nota.xml")
    plain = extract(text.encode(), "nota.xml")
    assert found.remarks == ()
    assert found.note == plain.note


@pytest.mark.parametrize(
    "content",
    [
        b'<NFe><infNFe Id="string" versao="string"><emit><CNPJ>string</CNPJ></emit></infNFe></NFe>',
        b'<NFe><infNFe Id="NFe%s"/></NFe>' % (b"0" * 44),
        b"<NFe><infNFe><emit><CPF>00000000000</CPF></emit></infNFe></NFe>",
        b"<NFe><infNFe><emit><CNPJ>?</CNPJ></emit></infNFe></NFe>",
        b"<CTe><infCte><ide>" + b"<x>string</x>" * 5 + b"</ide></infCte></CTe>",
    ],
)
def test_templates_are_unsupported_and_keep_only_their_family(content: bytes) -> None:
    found = extract(content, "modelo.xml")
    assert (found.family, found.state) == ("nfe" if b"NFe" in content else "cte", "unsupported")
    assert (found.note, found.facts, found.version) == (None, None, None)
    assert [remark.kind for remark in found.remarks] == ["template"]


def test_zeros_for_the_recipient_alone_are_no_template() -> None:
    content = b"<NFe><infNFe><emit><CNPJ>1</CNPJ></emit><dest><CPF>00000000000</CPF></dest></infNFe></NFe>"
    assert extract(content, "a.xml").state == "done"


@given(st.binary(max_size=400), st.sampled_from(["a.xml", "a.pdf", "a.csv", "a", "a.zip"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_bytes_never_raise(content: bytes, name: str) -> None:
    recognise(content, len(content), name)
    assert survives(extract(content, name))


@given(st.data())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_damaged_real_documents_never_raise(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(REAL)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 40)))
        content[start:end] = data.draw(
            st.one_of(st.binary(max_size=12), st.sampled_from([b"<a>", b"</det>", b"<det>", b",", b"&", b"", b"<NFe>"]))
        )
    found = extract(bytes(content), "nota.xml")
    assert survives(found)
    assert (found.note is not None) == (found.status == "parsed")
    # Damage at the very start may make it another kind of file.
    if found.state != "unreadable" and recognise(bytes(content), len(content), "nota.xml").kind == "NFE_XML":
        assert split_documents(bytes(content))


_TAGS = st.sampled_from(
    "nfeProc NFe infNFe ide det prod imposto ICMS ICMS00 IPI total ICMSTot vNF emit dest CNPJ protNFe infProt"
    " Signature evento infEvento cobr dup autXML transp".split()
)
_TREES = st.recursive(
    st.text("09,.a <&é", max_size=4).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.tuples(_TAGS, st.lists(inner, max_size=4)).map(
        lambda node: f"<{node[0]}>{''.join(node[1])}</{node[0]}>"
    ),
    max_leaves=30,
)


@given(_TREES)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_elements_in_any_arrangement_never_raise(tree: str) -> None:
    found = extract(f"<NFe><infNFe versao='4.00'>{tree}</infNFe></NFe>".encode(), "a.xml")
    assert survives(found)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples")
def test_real_documents_agree_with_an_independent_reader() -> None:
    root = SAMPLES / "fiscal"
    checked = 0
    for line in (root / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = Path(root / row["file"])
        if path.suffix != ".xml":
            continue
        found = (
            [extract(one.content, path.name) for one in split_documents(path.read_bytes())]
            if row.get("docs")
            else [extract(path.read_bytes(), path.name)]
        )
        for truth, extraction in zip(row.get("docs") or [row], found, strict=True):
            if truth.get("parse_ok") is False:
                assert extraction.state in ("unreadable", "unsupported"), path
            if truth.get("tipo") not in ("NFE", "NFCE"):
                continue
            assert extraction.family == truth["tipo"].lower(), path
            if truth.get("placeholder"):
                assert extraction.state == "unsupported", path
                continue
            note = extraction.note
            assert note, path
            checked += 1
            assert (note.access_key, note.number, note.series) == (truth["chave"], truth["numero"], truth["serie"]), (
                path
            )
            assert (note.issuer.id, note.recipient.id) == (truth["emit_doc"], truth["dest_doc"]), path
            assert (len(note.items), note.cfops(), note.ncms()) == (truth["n_itens"], truth["cfops"], truth["ncms"]), (
                path
            )
            assert str(note.value) == (truth.get("vNF") or truth["totais"]["vNF"]), path
            assert (note.issued_at or "").startswith(truth["dhEmi"] or ""), path
    assert checked > 40


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples")
def test_every_sample_gives_a_typed_answer() -> None:
    for path in [*(SAMPLES / "hostile").rglob("*"), *(SAMPLES / "fiscal").rglob("*")]:
        if path.is_file():
            assert survives(extract(path.read_bytes(), path.name)), path
