"""A list file as a whole: encoding, dialect, header row, kind, limits."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.extraction.archives.refusal import Refusal
from engine.extraction.lists.columns import known_columns
from engine.extraction.lists.reading import ListFile, read_list
from engine.extraction.lists.table import Rows, field_limit

NAMES = ["CHAVE DE ACESSO", "NÚMERO PRODUTO", "DESCRIÇÃO DO PRODUTO/SERVIÇO", "VALOR TOTAL"]
KEY = "41240106267630001509550010035101291224888487"
Quoting = Literal[0, 1]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "windows-1252"]


def written(rows: list[list[str]], delimiter: str = ";", quoting: Quoting = csv.QUOTE_MINIMAL, quote: str = '"') -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quoting=quoting, quotechar=quote, lineterminator="\r\n").writerows(rows)
    return file.getvalue()


def read(content: bytes | str, name: str = "lista.csv") -> ListFile:
    found = read_list(content.encode() if isinstance(content, str) else content, name)
    assert isinstance(found, ListFile), found
    return found


def cells(found: ListFile) -> list[list[str]]:
    with field_limit():
        return [row for row in list(Rows(found.text, found.dialect))[found.dialect.header - 1 :] if row]


def refused(content: bytes) -> str:
    found = read_list(content, "lista.csv")
    assert isinstance(found, Refusal)
    assert found.whole
    return found.code


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("preamble", [[], [["Relatório de notas"], [], ["Emitido em 01/02/2026"]]])
@pytest.mark.parametrize("decimal", [",", "."])
def test_dialect_and_encoding_are_found(
    encoding: str, delimiter: str, quoting: Quoting, preamble: list[list[str]], decimal: str
) -> None:
    number = f"1{decimal}50"
    rows = [NAMES, *([KEY, str(n), 'Pão, "francês"; 5 kg\n2ª linha', number] for n in range(1, 6))]
    found = read(written(preamble + rows, delimiter, quoting).encode(encoding))
    assert found.dialect.delimiter == delimiter
    assert found.columns == tuple(NAMES)
    assert found.dialect.header == 1 + len(preamble)
    assert (found.role, found.rows, found.decimal) == ("items", 5, decimal)
    assert cells(found) == rows


texts = st.text(
    st.characters(codec="windows-1252", exclude_categories=["C", "Zl", "Zp"], exclude_characters="'"), max_size=12
)
tables = st.integers(2, 6).flatmap(
    lambda width: st.tuples(
        st.lists(
            st.text("abcdefghijklmnopqrstuvwxyzçãé ", min_size=3, max_size=12).filter(str.strip),
            min_size=width,
            max_size=width,
            unique=True,
        ),
        st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=8),
    )
)


@given(tables, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(ENCODINGS))
def test_any_quoted_table_comes_back(table: tuple[list[str], list[list[str]]], delimiter: str, encoding: str) -> None:
    header, body = table
    assume(all(len(name.strip()) == len(name) for name in header))
    assume(all(len(known_columns(row)) < 2 for row in body))
    found = read(written([header, *body], delimiter, csv.QUOTE_ALL).encode(encoding))
    assert (found.dialect.delimiter, found.columns) == (delimiter, tuple(header))
    assert cells(found) == [header, *body]


@given(st.binary(max_size=2_000))
def test_any_bytes_have_a_typed_answer(content: bytes) -> None:
    assert isinstance(read_list(content, "x.csv"), ListFile | Refusal)


def test_a_separator_line_is_obeyed_and_left_out() -> None:
    found = read("sep=|\r\na|b\r\n1,5;2|2,5;1\r\n")
    assert (found.dialect.delimiter, found.columns, found.rows) == ("|", ("a", "b"), 1)


def test_apostrophes_as_quotation_marks_are_seen() -> None:
    rows = [["a", "b"], ["x;y", "1"], ["z", "2"]]
    found = read(written(rows, ";", csv.QUOTE_ALL, "'"))
    assert (found.dialect.quote, cells(found)) == ("'", rows)


def test_titles_above_and_totals_below_are_no_rows() -> None:
    found = read(
        "Relatório de notas;;;\n;;;\nData;Nota;CNPJ;Valor\n"
        "01/02/2026;12;11.222.333/0001-81;1.000,00\nTOTAL;;;1.000,00\n"
    )
    assert (found.dialect.header, found.rows, found.oddities) == (3, 1, ("total_rows_left_out",))
    assert found.role == "neither"


def test_old_macs_end_lines_their_own_way() -> None:
    assert read(b"a;b\r1;2\r3;4\r").rows == 2


def test_nul_bytes_are_dropped_with_a_note() -> None:
    found = read(b"a,b\n1,\x002\n")
    assert (cells(found), found.oddities) == ([["a", "b"], ["1", "2"]], ("nul_dropped",))


def test_a_quotation_without_end_is_noted() -> None:
    found = read('a,b\n1,"x\n' + "2,3\n" * 1_000)
    assert (found.rows, found.oddities) == (1, ("quotation_open",))


def test_one_late_byte_decides_the_encoding() -> None:
    found = read(b"a;b\n" + b"1;2\n" * 100_000 + b"S\xe3o;3\n")
    assert (found.encoding, found.rows) == ("windows-1252", 100_001)


def test_utf16_is_seen_without_its_mark() -> None:
    found = read("chave\temitente\tvalor\n1\tSão João\t2\n".encode("utf-16-le"))
    assert (found.encoding, found.columns) == ("utf-16", ("chave", "emitente", "valor"))


def test_notes_are_grouped_by_key_in_order_of_first_appearance() -> None:
    other = KEY[:-1] + "0"
    found = read(written([NAMES, [KEY, "1", "a", "1,00"], [other, "1", "b", "1,00"], [f"NFe{KEY}", "2", "c", "1,00"]]))
    assert {key: list(rows) for key, rows in found.groups.items()} == {KEY: [2, 4], other: [3]}


def test_without_a_usable_key_issuer_series_and_number_name_a_note_or_the_row_does() -> None:
    names = ["chave", "cnpj emitente", "série", "número", "item", "descrição", "valor total"]
    rows = [
        ["4,12E+43", "11.222.333/0001-81", "1", "7", "1", "a", "1"],
        ["4,12E+43", "11222333000181", "1", "7.0", "2", "b", "1"],
        ["", "", "", "8", "1", "c", "1"],
        ["", "", "", "8", "2", "d", "1"],
    ]
    assert {key: list(numbers) for key, numbers in read(written([names, *rows])).groups.items()} == {
        "11222333000181/1/7": [2, 3],
        "linha 4": [4],
        "linha 5": [5],
    }


@pytest.mark.parametrize(
    ("names", "role"),
    [
        ("nfe_id,emitente_nome,produto_nome,produto_valor_total,valor_total_nfe", "items"),
        ("Chave de Acesso,Emitente,Valor Total", "header"),
        ("CHAVE DE ACESSO,VALOR NOTA FISCAL", "header"),
        ("CNPJ Emitente,Série,Número,Valor da Nota", "header"),
        ("Data,Nota,CNPJ,Valor", "neither"),
        ("cfop,regime,conta_debito,conta_credito", "neither"),
        ("chave,valor", "neither"),
    ],
)
def test_the_columns_say_what_kind_of_list_it_is(names: str, role: str) -> None:
    assert read(f"{names}\n" + ",".join("x" for _ in names.split(",")) + "\n").role == role


def test_limits_are_typed_refusals() -> None:
    assert refused(",".join(f"c{n}" for n in range(2_001)).encode() + b"\n1,2\n") == "columns"
    assert refused(b"a;b\n1;" + b"x" * (1 << 20) + b"y\n") == "field_size"
    assert refused(b'a;b\n1;"' + b"x\n" * (1 << 20)) == "field_size"
    assert refused(b"a;b\n" + b";".join([b"x" * 100] * 50_000)) == "line_size"


def test_a_line_of_a_hundred_megabytes_costs_no_memory() -> None:
    content = b"a,b\n" + b"x" * 100_000_000
    tracemalloc.start()
    try:
        assert refused(content) == "line_size"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_the_limit_of_the_csv_module_is_left_as_it_was() -> None:
    before = csv.field_size_limit()
    read("a,b\n1,2\n")
    refused(b"a;b\n1;" + b"x" * (1 << 20) + b"y\n")
    assert csv.field_size_limit() == before


def test_the_hostile_lists_have_typed_results(samples: Path) -> None:
    found = {
        path.name.partition("_")[2]: read_list(path.read_bytes(), path.name)
        for path in (samples / "hostile" / "csv").iterdir()
    }
    codes = {name: answer.code for name, answer in found.items() if isinstance(answer, Refusal)}
    assert codes == {"wide_100k.csv": "columns", "one_field_20MB.gzlike.csv": "field_size"}
    dialects = {name: answer.dialect[::2] for name, answer in found.items() if isinstance(answer, ListFile)}
    assert dialects["semicolon_latin1.csv"] == (";", 1)
    assert dialects["utf16_tab.csv"] == ("\t", 1)
    assert dialects["preamble.csv"] == (";", 3)
    assert dialects["sep_line.csv"] == (";", 2)
