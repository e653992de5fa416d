"""Notes from lists: what the slices hold, what the note says, and that the form of the list is of no consequence."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.extraction.archives.refusal import Refusal
from engine.extraction.lists.notes import note_from_slices
from engine.extraction.lists.slices import Slice, SliceContent, slices
from engine.fiscal.note import Note

HEADERS, ITEMS = "202401_NFs_Cabecalho.csv", "202401_NFs_Itens.csv"
THREE_ITEMS = "50240129843878000170550010000025251000181553"
MASKED_ISSUER = "25240108761132000148558929001845831104091314"
NCM_MINUS_ONE = "53240109255999000194550010000000781887290010"
THREE_ZEROS_LOST = "31240114707364000110550010000604621344853230"
NCM_ZERO_LOST = "24240121172344000158550010000226611518005129"


def cut(content: bytes, name: str) -> dict[str, bytes]:
    """Slices of a list by key."""
    found = list(slices(content, name))
    assert all(isinstance(part, Slice) for part in found), found
    return {part.key or str(part.index): part.content for part in found if isinstance(part, Slice)}


def built(header: bytes | None, items: bytes | None) -> Note:
    extraction = note_from_slices(header, items)
    assert (extraction.status, extraction.state) == ("parsed", "done")
    assert extraction.note is not None
    assert extraction.remarks == extraction.note.remarks
    return extraction.note


@pytest.fixture(scope="module")
def headers(data: Path) -> dict[str, bytes]:
    return cut((data / "lists" / HEADERS).read_bytes(), HEADERS)


@pytest.fixture(scope="module")
def items_file(data: Path) -> bytes:
    return (data / "lists" / ITEMS).read_bytes()


@pytest.fixture(scope="module")
def items(items_file: bytes) -> dict[str, bytes]:
    return cut(items_file, ITEMS)


def values(note: Note) -> list[dict[str, str]]:
    return [group.values for group in note.groups()]


def brazilian(content: bytes) -> bytes:
    """The list as a Brazilian spreadsheet saves it: semicolons, decimal commas, windows-1252."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    numeric = [rows[0].index(name) for name in ("QUANTIDADE", "VALOR UNITÁRIO", "VALOR TOTAL")]
    for row in rows[1:]:
        for index in numeric:
            row[index] = row[index].replace(".", ",")
    file = io.StringIO()
    csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode("windows-1252")


def test_a_slice_is_a_document_of_its_own(items: dict[str, bytes]) -> None:
    content = msgspec.json.decode(items[THREE_ITEMS], type=SliceContent)
    assert (content.schema, content.role, content.source) == ("nexus.list/1", "items", ITEMS)
    assert (content.key, content.index) == (THREE_ITEMS, 1)
    assert [row.row for row in content.rows] == [2, 3, 4]
    assert content.columns[0] == "CHAVE DE ACESSO"
    assert content.rows[0].cells[11] == "9615848000108"
    assert msgspec.json.encode(content) == items[THREE_ITEMS]


def test_a_note_says_what_both_lists_say(headers: dict[str, bytes], items: dict[str, bytes]) -> None:
    note = built(headers[THREE_ITEMS], items[THREE_ITEMS])
    assert (note.family, note.medium, note.access_key, note.layout) == ("nfe", "list", THREE_ITEMS, None)
    assert note.identification.values == {
        "mod": "55",
        "serie": "1",
        "nNF": "2525",
        "natOp": "VENDA DE MERCADORIA FORA DO ESTADO",
        "dhEmi": "2024-01-26T11:24:42",
        "idDest": "2",
        "indFinal": "1",
        "indPres": "1",
    }
    assert note.issue_date == "2024-01-26"
    assert (note.issuer.id, note.issuer.id_kind, note.issuer.uf) == ("29843878000170", "cnpj", "MS")
    assert note.issuer.state_registration == "284290777"
    assert note.issuer.address.values == {"UF": "MS", "xMun": "COXIM"}
    assert note.recipient.group.values == {
        "CNPJ": "09615848000108",
        "xNome": "4 BATALHAO LOGISTICO",
        "indIEDest": "9",
    }
    assert note.value == Decimal("499.0")
    assert note.sections["evento"].text("descEvento") == "Autorização de Uso"
    first = note.items[0]
    assert (first.number, first.path) == (1, f"{ITEMS}/linha[2]")
    assert first.product.values == {
        "xProd": "LANTERNA TATERAL CARRETA LED",
        "NCM": "85122021",
        "CFOP": "6403",
        "qCom": "4.0",
        "uCom": "UNIDAD",
        "vUnCom": "39.9",
        "vProd": "159.6",
    }
    assert first.product.where("vProd") == f"{ITEMS}/linha[2]/vProd"


def test_lost_zeros_come_back_with_a_remark(headers: dict[str, bytes], items: dict[str, bytes]) -> None:
    note = built(headers[THREE_ZEROS_LOST], items[THREE_ZEROS_LOST])
    assert (note.recipient.id, note.recipient.id_kind) == ("00043711000143", "cnpj")
    assert [(remark.kind, remark.found, remark.expected) for remark in note.remarks] == [
        ("leading_zeros_restored", "43711000143", "00043711000143")
    ]
    note = built(headers[NCM_ZERO_LOST], items[NCM_ZERO_LOST])
    assert [(remark.path, remark.item, remark.found, remark.expected) for remark in note.remarks if remark.item] == [
        (f"{note.items[0].path}/NCM", 1, note.items[0].ncm and note.items[0].ncm[1:], note.items[0].ncm)
    ]


def test_what_cannot_be_mended_stays_as_found(headers: dict[str, bytes], items: dict[str, bytes]) -> None:
    note = built(headers[NCM_MINUS_ONE], items[NCM_MINUS_ONE])
    assert note.items[0].ncm == "-1"
    note = built(headers[MASKED_ISSUER], items[MASKED_ISSUER])
    assert (note.issuer.id_kind, note.issuer.group.text("CPF")) == ("masked", note.issuer.id)
    assert note.issuer.state_registration is None
    assert note.issuer.group.text("IE") == "-1"


def test_half_a_note_is_a_note_with_a_remark(headers: dict[str, bytes], items: dict[str, bytes]) -> None:
    note = built(headers[THREE_ITEMS], None)
    assert (note.value, note.items) == (Decimal("499.0"), ())
    assert [remark.kind for remark in note.remarks] == ["leading_zeros_restored", "unpaired_header"]
    note = built(None, items[THREE_ITEMS])
    assert (note.value, len(note.items), note.total().values) == (None, 3, {})
    assert note.remarks[-1].kind == "unpaired_items"
    assert note.remarks[-1].arguments == {"source": ITEMS}
    assert note.identification.values == built(headers[THREE_ITEMS], None).identification.values


def test_the_halves_know_which_is_which(headers: dict[str, bytes], items: dict[str, bytes]) -> None:
    header, goods = headers[THREE_ITEMS], items[THREE_ITEMS]
    assert note_from_slices(header, goods) == note_from_slices(goods, header)


def test_the_header_does_not_change_the_identity_of_the_items(
    headers: dict[str, bytes], items: dict[str, bytes]
) -> None:
    for key, goods in items.items():
        assert built(headers[key], goods).digest == built(None, goods).digest
    assert len({built(None, goods).digest for goods in items.values()}) == len(items)


def test_a_brazilian_list_gives_the_same_notes(items_file: bytes, items: dict[str, bytes]) -> None:
    others = cut(brazilian(items_file), "itens.csv")
    assert list(others) == list(items)
    for key, goods in items.items():
        one, other = built(None, goods), built(None, others[key])
        assert (one.digest, values(one)) == (other.digest, values(other))


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_consequence(data: Path, chance: random.Random) -> None:
    lines = (data / "lists" / ITEMS).read_text(encoding="utf-8").splitlines()
    names, rows = lines[0], lines[1:]
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    one = cut("\n".join([names, *rows]).encode(), ITEMS)
    other = cut("\n".join([names, *shuffled]).encode(), ITEMS)
    assert one.keys() == other.keys()
    for key in one:
        assert values(built(None, one[key])) == values(built(None, other[key]))
        assert built(None, one[key]).digest == built(None, other[key]).digest


def test_rows_of_the_wire_are_a_list_that_needs_no_header() -> None:
    content = (
        "nfe_id,data_emissao,valor_total_nfe,emitente_nome,emitente_cnpj,emitente_uf,"
        "produto_nome,produto_ncm,produto_cfop,produto_cst_icms,produto_valor_icms,produto_valor_iss,produto_qtd,produto_valor_unit,produto_valor_total\n"
        f"{THREE_ITEMS},2024-01-26,10.50,Fulano,29843878000170,MS,Lanterna,85122021,6.403,00,1.20,,2,5.25,10.50\n"
    ).encode()
    note = built(None, cut(content, "linhas.csv")[THREE_ITEMS])
    assert (note.value, note.remarks, note.issuer.id) == (Decimal("10.50"), (), "29843878000170")
    assert (note.items[0].number, note.items[0].cfop) == (1, "6403")
    assert note.items[0].tax("ICMS").values == {"CST": "00", "vICMS": "1.20"}
    assert not note.items[0].is_service


def test_the_model_names_the_family() -> None:
    key = THREE_ITEMS[:20] + "65" + THREE_ITEMS[22:]
    rows = {
        "chave;modelo;valor da nota": f"{key};65 - NFC-e;1,00",
        "chave;valor da nota": f"{key};1,00",
    }
    for names, row in rows.items():
        assert built(cut(f"{names}\n{row}\n".encode(), "a.csv")[key], None).family == "nfce"


def test_a_key_that_is_none_stays_as_written() -> None:
    part = cut(b"chave;valor da nota\n4,12E+43;1,00\n", "a.csv")["1"]
    note = built(part, None)
    assert note.access_key == "4,12E+43"


def test_what_is_no_slice_is_unreadable() -> None:
    for header, goods in ((None, None), (b"", None), (b"\xff", b"{}"), (b'{"schema":"nexus.list/2"}', None)):
        extraction = note_from_slices(header, goods)
        assert (extraction.state, extraction.note) == ("unreadable", None)
        assert extraction.error is not None


def test_a_table_that_is_no_list_says_its_columns() -> None:
    (found,) = slices(b"cfop,regime,conta\n5101,simples,1\n", "contas.csv")
    assert isinstance(found, Refusal)
    assert (found.code, found.arguments, found.whole) == ("not_a_list", {"columns": "cfop, regime, conta"}, True)


def test_the_public_set_gives_its_known_facts(samples: Path) -> None:
    folder = samples / "fiscal" / "csv"
    headers = cut((folder / HEADERS).read_bytes(), HEADERS)
    items = cut((folder / ITEMS).read_bytes(), ITEMS)
    notes = [built(headers[key], items[key]) for key in headers]
    goods = [item for note in notes for item in note.items]
    assert (len(notes), len(goods)) == (100, 565)
    assert sum(note.value or 0 for note in notes) == Decimal("3371754.84")
    assert sum(item.product.amount("vProd") for item in goods) == Decimal("3371446.77")
    restored = Counter((remark.kind, remark.item is None) for note in notes for remark in note.remarks)
    assert restored == {("leading_zeros_restored", True): 71, ("leading_zeros_restored", False): 27}
    assert [item.ncm for item in goods if len(item.ncm or "") != 8] == ["-1"]
    assert Counter(note.issuer.id_kind for note in notes) == {"cnpj": 94, "masked": 6}
    assert all(note.recipient.id_kind == "cnpj" for note in notes)


def test_the_brazilian_file_has_the_same_complete_notes(samples: Path) -> None:
    folder = samples / "fiscal" / "csv"
    items = cut((folder / ITEMS).read_bytes(), ITEMS)
    others = cut((folder / "itens_ptbr_ponto_virgula_latin1.csv").read_bytes(), "itens.csv")
    same = 0
    for key, part in others.items():
        one, other = built(None, items[key]), built(None, part)
        if len(one.items) == len(other.items):
            assert (one.digest, values(one)) == (other.digest, values(other))
            same += 1
    assert (same, len(others)) == (26, 27)
