"""The CFOP table: every code has one family, and it agrees with the code's legal name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.fiscal.operations import TREATMENTS, Operation, Purpose, mirrored, treatment

CODES = 619
ENTRY_OPERATIONS = {Operation.COMPRA}
EXIT_OPERATIONS = {Operation.VENDA}


def test_the_table_holds_every_code_once() -> None:
    assert len(TREATMENTS) == CODES
    assert all(len(code) == 4 and code.isdigit() and code[0] in "123567" for code in TREATMENTS)


def test_buying_enters_and_selling_leaves() -> None:
    for code, (operation, _) in TREATMENTS.items():
        entering = code[0] in "123"
        assert operation not in (EXIT_OPERATIONS if entering else ENTRY_OPERATIONS), code


@pytest.mark.parametrize(
    ("codes", "operation"),
    [
        (
            "1201 1202 1203 1208 1410 1411 1503 1504 1553 1660 5201 5210 5410 5413 5503 5553 5555 5556 5660",
            Operation.DEVOLUCAO,
        ),
        ("5918 5919 5921 6918 3201 7202 1205 5206 1207", Operation.DEVOLUCAO),
        ("1151 5152 6156 1408 5409 1552 5552 5557 1658 6659", Operation.TRANSFERENCIA),
        ("1301 5307 1351 5360 1932 5933 6933 7358", Operation.SERVICO),
        ("5101 5102 5401 5405 6107 6403 7101 5551 5656 6667", Operation.VENDA),
        ("1101 1102 1401 1403 1407 1551 1556 3102 3127", Operation.COMPRA),
        ("5414 1415 5504 5901 1902 5910 5915 1949 5949 7949 5922 5929 5927 1604", Operation.OUTROS),
    ],
)
def test_families_of_the_law(codes: str, operation: Operation) -> None:
    for code in codes.split():
        found = treatment(code)
        assert found is not None and found.operation is operation, code


@pytest.mark.parametrize(
    ("code", "purpose"),
    [
        ("5101", Purpose.PRODUCTION),
        ("5102", Purpose.RESALE),
        ("1556", Purpose.CONSUMPTION),
        ("1407", Purpose.CONSUMPTION),
        ("1551", Purpose.FIXED_ASSET),
        ("1406", Purpose.FIXED_ASSET),
        ("7101", Purpose.EXPORT),
        ("5501", Purpose.INDIRECT_EXPORT),
        ("1253", Purpose.ENERGY),
        ("1353", Purpose.TRANSPORT),
        ("5910", Purpose.GIFT),
        ("5915", Purpose.SHIPMENT),
        ("5916", Purpose.RETURN_OF_SHIPMENT),
        ("1208", Purpose.TRANSFER),
        ("5922", Purpose.RECORD),
        ("5927", Purpose.LOSS),
    ],
)
def test_purposes(code: str, purpose: Purpose) -> None:
    assert TREATMENTS[code].purpose is purpose


@pytest.mark.parametrize("code", [None, "", "0000", "9999", "4102", "5999", "510", "51022", "ABCD"])
def test_codes_outside_the_table_have_no_family(code: str | None) -> None:
    assert treatment(code) is None


def test_the_other_party_sees_the_mirror() -> None:
    assert mirrored(Operation.VENDA) is Operation.COMPRA
    for operation in Operation:
        assert mirrored(mirrored(operation)) is operation


REPOSITORY = Path(__file__).resolve().parents[4]
SAMPLES = Path(os.environ.get("NEXUS_SAMPLES", REPOSITORY.parent / "shared" / "samples"))
LEGAL_NAMES = SAMPLES.parent / "reference" / "cfop_codes.tsv"

#: How a legal name begins -> what its code must be. Names that begin otherwise are judged by the families above.
TELLING = (
    ("Compra", Operation.COMPRA),
    ("Venda", Operation.VENDA),
    ("Devolução", Operation.DEVOLUCAO),
    ("Entrada decorrente de devolução", Operation.DEVOLUCAO),
    ("Anulação", Operation.DEVOLUCAO),
    ("Transferência de mercadoria", Operation.TRANSFERENCIA),
    ("Transferência de produção", Operation.TRANSFERENCIA),
    ("Transferência para", Operation.TRANSFERENCIA),
    ("Prestação de serviço", Operation.SERVICO),
    ("Aquisição de serviço", Operation.SERVICO),
    ("Remessa", Operation.OUTROS),
    ("Retorno", Operation.OUTROS),
    ("Outra", Operation.OUTROS),
)
#: Suffixes that are sales or purchases in the law's own families although goods leave as "remessa".
SALES_BY_SHIPMENT = {"131", "501", "502"}


@pytest.mark.skipif(not LEGAL_NAMES.exists(), reason="no reference tables")
def test_the_table_agrees_with_the_legal_names() -> None:
    rows = [row.split("\t") for row in LEGAL_NAMES.read_text(encoding="utf-8").splitlines()[1:]]
    assert {code for code, _ in rows} == set(TREATMENTS)
    for code, name in rows:
        expected = next((operation for start, operation in TELLING if name.startswith(start)), None)
        if expected is not None and code[1:] not in SALES_BY_SHIPMENT:
            assert TREATMENTS[code].operation is expected, (code, name)
