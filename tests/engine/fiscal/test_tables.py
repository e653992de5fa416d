"""Codes are judged by the day; the shipped tables are whole, dated and fast to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.fiscal.states import BY_CODE, CODES, REGIONS
from engine.fiscal.tables import EMPTY, Tables
from store import reference

SCRIPT = Path(__file__).resolve().parents[3] / "packaging" / "tables" / "build_tables.py"


@pytest.fixture(scope="module")
def shipped() -> Tables:
    return Tables.build(**reference.audit_rows())


def test_a_code_is_in_force_from_its_first_to_its_last_day() -> None:
    tables = Tables.build(ncm=[("11111111", "2023-01-01", "2023-12-31"), ("11111111", "2025-01-01", "")])
    days = ["2022-12-31", "2023-01-01", "2023-12-31", "2024-01-01", "2025-01-01", "2030-01-01"]
    assert [tables.ncm_in_force("11111111", day) for day in days] == [False, True, True, False, True, True]
    assert tables.ncm_span("11111111") == ("2025-01-01", "")


def test_an_unknown_code_is_never_in_force() -> None:
    assert not EMPTY.cfop_in_force("5102", "2024-01-01")
    assert not EMPTY.ncm_known("11111111")


def test_a_subheading_cut_anew_is_remembered() -> None:
    tables = Tables.build(ncm=[("22222210", "2022-04-01", ""), ("22222220", "2024-07-01", "")])
    assert tables.ncm_revised_after("22222290", "2024-05-01")
    assert not tables.ncm_revised_after("22222290", "2024-08-01")
    assert not tables.ncm_revised_after("33333390", "2024-05-01")


def test_the_shipped_tables_are_whole(shipped: Tables) -> None:
    assert len(shipped.ncm) == 10_515
    assert len(shipped.cfop) == 619
    assert shipped.ncm_in_force("19041000", "2026-11-01")
    assert not shipped.ncm_known("12345678")
    assert shipped.ncm_chapter_known("19")
    assert not shipped.ncm_chapter_known("77")
    assert shipped.cfop_in_force("5102", "2018-08-15")
    assert not shipped.cfop_known("5999")
    assert shipped.cst_in_force("icmssn", "102", "2024-01-01")


def test_monophasic_codes_began_in_may_2023(shipped: Tables) -> None:
    assert not shipped.cst_in_force("icms", "61", "2023-04-30")
    assert all(shipped.cst_in_force("icms", code, "2023-05-01") for code in ("02", "15", "53", "61"))


def test_every_table_says_where_it_comes_from() -> None:
    sources = {source.name: source for source in reference.sources()}
    assert set(sources) == {"ncm", "ncm_description", "cfop", "cst"}
    assert all(
        source.url.startswith("https://") and len(source.sha256) == 64 and source.rows for source in sources.values()
    )
    assert sources["ncm"].published == "2026-08-13"


def test_descriptions_are_read_when_asked_for() -> None:
    assert reference.descriptions("cfop", ["5102", "0000"]) == {
        "5102": "Venda de mercadoria adquirida ou recebida de terceiros"
    }
    described = reference.descriptions("ncm", ["0201", "02013000"])
    assert described["02013000"] == "Desossadas"
    assert "bovina" in described["0201"]


def test_the_shipped_file_has_no_markup_and_no_trace_of_the_sqlite_that_wrote_it() -> None:
    content = reference.PATH.read_bytes()
    assert content[96:100] == bytes(4)
    assert b"<i>" not in content


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "official"
    folder.mkdir()
    node = '{"Codigo": "%s", "Descricao": "%s", "Data_Inicio": "01/04/2022", "Data_Fim": "31/12/9999"}'
    nodes = ",".join([node % ("02.01", "Carnes <i>x</i>."), node % ("0201.30.00", "- Desossadas")])
    (folder / "siscomex_ncm.json").write_text('{"Nomenclaturas": [' + nodes + "]}", encoding="utf-8")
    (folder / "cfop_codes.tsv").write_text("code\tlegal_name\n5102\tVenda\n", encoding="utf-8")
    (folder / "cst_codes.tsv").write_text("tax\tcode\tuse\nicms\t00\tall\n", encoding="utf-8")
    for output in ("a.db", "b.db"):
        subprocess.run(
            [sys.executable, str(SCRIPT), str(folder), str(tmp_path / output)], check=True, capture_output=True
        )
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()


def test_there_are_27_federative_units_in_five_regions() -> None:
    assert len(CODES) == len(BY_CODE) == len(REGIONS) == 27
    assert len(set(REGIONS.values())) == 5
    assert (CODES["SP"], BY_CODE["53"], REGIONS["ES"].value) == ("35", "DF", "SE")
