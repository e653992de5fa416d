"""The wire's rows: one an item, 24 stable keys and additions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from engine.extraction.documents import extract
from engine.extraction.rows import STABLE_KEYS, Row, rows
from engine.fiscal.note import Note

Document = Callable[[str], bytes]


def rows_of(content: bytes) -> tuple[Note, list[Row]]:
    note = extract(content, "nota.xml").note
    assert note
    return note, rows(note)


def test_a_row_an_item_with_every_key(document: Document) -> None:
    note, found = rows_of(document("vnf_divergente.xml"))
    assert len(found) == len(note.items) == 6
    assert len(STABLE_KEYS) == 24
    for row in found:
        assert set(STABLE_KEYS) <= set(row)
        assert all(value is None or isinstance(value, str | Decimal) for value in row.values())
        assert set(row) == set(found[0])


def test_values_are_the_documents_own(document: Document) -> None:
    note, found = rows_of(document("vnf_divergente.xml"))
    product = note.items[0].product
    assert found[0]["nfe_id"] == note.access_key
    assert found[0]["valor_total_nfe"] == note.value
    assert found[0]["produto_nome"] == product.text("xProd")
    assert str(found[0]["produto_valor_unit"]) == product.text("vUnCom")
    assert found[0]["produto_valor_icms"] == note.items[0].tax("ICMS").decimal("vICMS")


def test_the_reform_is_in_the_rows(document: Document) -> None:
    _, found = rows_of(document("IbsCbs.xml"))
    assert found[0]["produto_classificacao_tributaria"]
    assert isinstance(found[0]["produto_valor_cbs"], Decimal)
    assert isinstance(found[0]["produto_valor_ibs"], Decimal)


def test_what_is_absent_is_none(document: Document) -> None:
    _, (row,) = rows_of(document("nota_valores_virgula.xml"))
    assert row["nfe_id"] is None
    assert row["produto_valor_total"] == Decimal("123.45")
    assert row["produto_valor_ipi"] is None


def test_a_note_without_items_has_no_rows() -> None:
    assert rows_of(b"<NFe><infNFe/></NFe>")[1] == []
