"""Schema errors are told in our words, at a place a person can find."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine.extraction.documents import extract
from engine.extraction.schema_errors import MAX_REMARKS
from engine.fiscal.note import Remark

Document = Callable[[str], bytes]


def schema(content: bytes) -> list[Remark]:
    return [remark for remark in extract(content, "nota.xml").remarks if remark.kind.startswith("schema")]


@pytest.fixture(scope="module")
def good(document: Document) -> bytes:
    return document("vnf_divergente.xml")


def test_a_valid_note_has_no_remark(good: bytes) -> None:
    assert schema(good) == []


@pytest.mark.parametrize(
    ("old", "new", "problem", "element", "path", "item"),
    [
        (rb"<natOp>Venda</natOp>", b"", "missing", "natOp", "ide/natOp", None),
        (rb"<natOp>Venda</natOp>", b"<natOp></natOp>", "empty", "natOp", "ide/natOp", None),
        (rb"<natOp>Venda</natOp>", b"<natOp> Venda</natOp>", "blank", "natOp", "ide/natOp", None),
        (rb"<natOp>Venda</natOp>", b"<natOp>" + b"x" * 61 + b"</natOp>", "length", "natOp", "ide/natOp", None),
        (
            rb"<natOp>Venda</natOp>",
            b"<natOp>Venda</natOp><natOp>Venda</natOp>",
            "repeated",
            "natOp",
            "ide/natOp[2]",
            None,
        ),
        (rb"<natOp>Venda</natOp>", b"<natOp>Venda</natOp><extra/>", "unexpected", "extra", "ide/extra", None),
        (rb"<tpNF>1</tpNF>", b"<tpNF>7</tpNF>", "enumeration", "tpNF", "ide/tpNF", None),
        (rb"(<natOp>.*?</natOp>)\s*(<mod>.*?</mod>)", rb"\2\1", "order", "mod", "ide/mod", None),
        (rb"<vProd>[\d.]+</vProd>", b"<vProd>dez</vProd>", "number", "vProd", "det[1]/prod/vProd", 1),
        (rb"<vProd>[\d.]+</vProd>", b"<vProd>1,00</vProd>", "decimal_comma", "vProd", "det[1]/prod/vProd", 1),
        (rb"<vProd>[\d.]+</vProd>", b"<vProd>1.001</vProd>", "pattern", "vProd", "det[1]/prod/vProd", 1),
        (rb'nItem="2"', b'nItem="1"', "duplicate", "det", "det[2]", 1),
        (rb"<Signature .*?</Signature>", b"", "missing", "Signature", "Signature", None),
    ],
)
def test_each_problem_has_its_word_and_place(
    good: bytes, old: bytes, new: bytes, problem: str, element: str, path: str, item: int | None
) -> None:
    broken = re.sub(old, new, good, count=1, flags=re.DOTALL)
    assert broken != good
    remark = schema(broken)[0]
    assert remark.arguments == {"problem": problem, "element": element}
    assert remark.path in (f"/nfeProc/NFe/infNFe/{path}", f"/nfeProc/NFe/{path}")
    assert remark.item == item


def test_a_namespace_that_is_not_the_official_one_is_said(good: bytes) -> None:
    (remark,) = schema(good.replace(b"http://www.portalfiscal.inf.br/nfe", b"http://example.org/nfe"))
    assert remark.arguments["problem"] == "namespace"
    assert remark.found == "http://example.org/nfe"


def test_the_note_alone_is_validated_inside_a_foreign_wrapper(good: bytes) -> None:
    sheet = good[good.index(b"<NFe") : good.index(b"</NFe>") + 6]
    wrapped = b"<Envelope><Body>" + sheet.replace(b"<tpNF>1<", b"<tpNF>7<") + b"</Body></Envelope>"
    (remark,) = schema(wrapped)
    assert remark.path == "/Envelope/Body/NFe/infNFe/ide/tpNF"


def test_many_errors_are_counted_not_listed(good: bytes) -> None:
    broken = re.sub(rb"<(v[A-Z]\w+|p[A-Z]\w+)>[\d.]+<", rb"<\1>x<", good)
    remarks = schema(broken)
    assert len(remarks) == MAX_REMARKS + 1
    assert remarks[-1].arguments["problem"] == "more"
    assert int(remarks[-1].arguments["count"]) > 0


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("v1.xml", "1.10"),
        ("nfe_with_entrega.xml", "2.00"),
        ("v3.10_Retrato.xml", "3.10"),
        ("nota_valores_virgula.xml", None),
    ],
)
def test_layouts_without_a_schema_say_so(document: Document, name: str, found: str | None) -> None:
    assert schema(document(name)) == [Remark(kind="schema_older", found=found, expected="4.00")]


def test_nothing_of_libxml2_is_shown(good: bytes) -> None:
    broken = re.sub(rb"<(v[A-Z]\w+)>[\d.]+<", rb"<\1>x<", good)
    for remark in schema(broken):
        text = f"{remark.path} {remark.expected} {remark.arguments}"
        assert "facet" not in text
        assert "{http" not in text
