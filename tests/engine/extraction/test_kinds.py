"""A file is what its content says; its name is the last hint."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.extraction.kinds import Recognition, recognise

NFE = "http://www.portalfiscal.inf.br/nfe"


def of(content: bytes, name: str = "file") -> Recognition:
    return recognise(content, len(content), name)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            # Without a date of its own an entry has that of the moment, and the test another name in each worker.
            file.writestr(zipfile.ZipInfo(name), "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "family"),
    [
        (b"%PDF-1.7\n1 0 obj", "PDF", "pdf"),
        (b"junk" * 100 + b"%PDF-1.7\n1 0 obj", "PDF", "pdf"),
        (b"\xff\xd8\xff\xe0rest", "IMAGE", "image"),
        (b"\x89PNG\r\n\x1a\nrest", "IMAGE", "image"),
        (b"II*\0rest", "IMAGE", "image"),
        (b"RIFF....WEBPVP8 ", "IMAGE", "image"),
        (archive("nota.xml"), "UNSUPPORTED", "zip"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "XLSX", "xlsx"),
        (archive("[Content_Types].xml", "word/document.xml"), "UNSUPPORTED", "unknown"),
        (b"|0000|020|0|01012026|31012026|EMPRESA|\r\n|0001|0|", "UNSUPPORTED", "efd"),
        (b"|C100|0|1|\r\n", "UNSUPPORTED", "efd"),
        (b"|0000|LECD|01012026|31122026|", "UNSUPPORTED", "sped_other"),
        (b"|0000|006|0|||01012026|31012026|", "UNSUPPORTED", "sped_other"),
        (b"From: a@b.c\r\nSubject: nota\r\nMIME-Version: 1.0\r\n\r\nbody", "UNSUPPORTED", "eml"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", "UNSUPPORTED", "eml"),
        (b"HTTP/1.1 403 Forbidden\nContent-Type: text/html\nDate: x\n\n<html>", "UNSUPPORTED", "unknown"),
        (b"chave;valor\n1;2\n3;4\n", "CSV", "csv"),
        (b"a,b,c\n1,2,3\n", "CSV", "csv"),
        (b'a,b\n1,"x, y, z"\n2,"x, ""y"", z, w"\n3,"x, y"\n', "CSV", "csv"),
        (b"just one line of words", "UNSUPPORTED", "unknown"),
        (b'{"a": 1}\n{"a": 2}', "UNSUPPORTED", "unknown"),
        (b"<html><body>404</body></html>", "UNSUPPORTED", "unknown"),
        (b"<teste><tag>1</tag></teste>", "UNSUPPORTED", "unknown"),
        (b"", "UNSUPPORTED", "unknown"),
        (b"\0\1\2\3", "UNSUPPORTED", "unknown"),
    ],
)
def test_content_decides(content: bytes, kind: str, family: str) -> None:
    found = of(content)
    assert (found.kind, found.family) == (kind, family)


@pytest.mark.parametrize(
    ("content", "family"),
    [
        (f'<nfeProc xmlns="{NFE}"><NFe><infNFe><ide><mod>55</mod>', "nfe"),
        (f'<NFe xmlns="{NFE}"><infNFe><ide><mod>65</mod>', "nfce"),
        (f'<n:NFe xmlns:n="{NFE}"><n:infNFe><n:ide><n:mod>65</n:mod>', "nfce"),
        ('<NFe><infNFe Id="NFe35210258716523000119650000000573661346317847">', "nfce"),
        ("<Envelope><Body><nfeDadosMsg><evento><infEvento>", "event"),
        ("<cteProc><CTe><infCte><infNFe><chave>", "cte"),
        ("<cteOSProc><CTeOS><infCte>", "cteos"),
        ("<cteSimpProc><CTeSimp><infCte>", "ctesimp"),
        ("<mdfeProc><MDFe><infMDFe>", "mdfe"),
        ("<NFSe><infNFSe><DPS><infDPS>", "nfse"),
        ("<DPS><infDPS>", "dps"),
        ("<inutNFe><infInut>", "inut"),
        ("<CompNfse><Nfse><InfNfse>", "nfse"),
        ('<RetornoConsulta xmlns="http://www.prefeitura.sp.gov.br/nfe"><NFe><ChaveNFe>', "nfse"),
        ("<BPe><infBPe>", "recognised"),
        ("<nfeDistDFeInteresse><distDFeInt>", "recognised"),
        ("<nfeProc><protNFe/><NFe><infNFe>", "nfe"),
        ("<!-- <CTe> --><NFe><infNFe>", "nfe"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_xml_is_told_by_its_first_decisive_element(content: str, family: str, encoding: str) -> None:
    found = of(content.encode(encoding), "x.bin")
    assert (found.kind, found.family, found.container) == ("NFE_XML", family, False)


@pytest.mark.parametrize(
    "content",
    [
        "<enviNFe><NFe><infNFe/></NFe><NFe><infNFe/></NFe></enviNFe>",
        "<nfeProc><NFe><infNFe/></NFe><protNFe/><retEvento/></nfeProc>",
        "<envEvento><evento/><evento/></envEvento>",
        "<x:lote xmlns:x='y'><x:NFe><x:infNFe/></x:NFe><x:NFe><x:infNFe/></x:NFe></x:lote>",
    ],
)
def test_several_documents_make_a_batch(content: str) -> None:
    assert of(
        content.replace("<evento/>", "<evento ></evento>").replace("<retEvento/>", "<retEvento ></retEvento>").encode()
    ) == Recognition(kind="NFE_XML", family="batch", container=True)


@pytest.mark.parametrize(
    "content",
    [
        "<procEventoNFe><evento></evento><retEvento></retEvento></procEventoNFe>",
        "<nfeProc><NFe><infNFe/></NFe><protNFe></protNFe></nfeProc>",
        "<NFe><infNFe><infAdic><![CDATA[<NFe><infNFe>]]></infAdic></infNFe></NFe>",
        "<CTe><infCte><infNFe></infNFe><infNFe></infNFe></infCte></CTe>",
        "<NFSe><infNFSe><DPS><infDPS/></DPS></infNFSe></NFSe>",
    ],
)
def test_one_document_is_no_batch(content: str) -> None:
    assert not of(content.encode()).container


def test_the_name_decides_only_where_the_content_does_not() -> None:
    assert of(b"", "nota.xml").kind == "NFE_XML"
    assert of(b"\0\1", "t.csv").family == "csv"
    assert of(b"a scrap", "t.csv").family == "csv"
    assert of(b"%PDF-1.7\n1 0 obj", "nota.xml").family == "pdf"
    assert of(b"%PDF-1.4 not xml", "nota.xml").family == "unknown"
    assert of(b"1 0 obj <<>>", "a.pdf").family == "pdf"
    assert of(b"<NFe><infNFe>", "a.pdf").family == "nfe"


def test_openings_that_never_close_cost_linear_time() -> None:
    assert of(b"<NFe><infNFe>" + b"<!--" * 100_000).family == "nfe"
