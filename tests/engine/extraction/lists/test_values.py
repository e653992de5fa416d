"""Cells in the form of the official layout."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.extraction.lists.parties import Identifier, identify
from engine.extraction.lists.values import DecimalMark, code, decimal_mark, moment, number, whole


@pytest.mark.parametrize(
    ("cell", "mark", "expected"),
    [
        ("1,0", ",", "1.0"),
        ("1.0", ".", "1.0"),
        ("1.234,56", ".", "1234.56"),
        ("1,234.56", ",", "1234.56"),
        ("1.234.567", ",", "1234567"),
        ("1.234", ",", "1234"),
        ("1.234", ".", "1.234"),
        ("0.500", ",", "0.500"),
        ("12345,678", ".", "12345.678"),
        ("R$ 1.000,00", ",", "1000.00"),
        ("-1,5", ",", "-1.5"),
        ("4.35e-05", ".", "0.0000435"),
        ("1e999999999", ".", "1e999999999"),
        ("1.2.3", ".", "1.2.3"),
        ("abc", ".", "abc"),
        ("", ".", ""),
    ],
)
def test_numbers_get_a_dot_and_keep_their_digits(cell: str, mark: DecimalMark, expected: str) -> None:
    assert number(cell, mark) == expected


def test_the_decimal_mark_is_found_by_majority_of_cells_that_tell() -> None:
    assert decimal_mark(["1.000", "2,5", "3,5", "1.5"]) == ","
    assert decimal_mark(["1.000", "2.000", "abc", ""]) is None


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_an_amount_reads_the_same_in_both_manners(value: Decimal) -> None:
    english = f"{value:,f}"
    portuguese = english.translate(str.maketrans(",.", ".,"))
    assert Decimal(number(english, ".")) == Decimal(number(portuguese, ",")) == value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-01-18 07:10:39", "2024-01-18T07:10:39"),
        ("2024-01-18T07:10:39-03:00", "2024-01-18T07:10:39-03:00"),
        ("18/01/2024 07:10", "2024-01-18T07:10"),
        ("18/01/2024", "2024-01-18"),
        ("8.1.2024", "2024-01-08"),
        ("2024-01-18 00:00:00.000", "2024-01-18T00:00:00"),
        ("31/02/2024", "31/02/2024"),
        ("18/01/24", "18/01/24"),
        ("ontem", "ontem"),
    ],
)
def test_moments_become_iso_and_nothing_is_added(cell: str, expected: str) -> None:
    assert moment(cell) == expected


def test_codes_lose_their_explanation_and_spreadsheet_zeros() -> None:
    assert code("9 - OPERAÇÃO NÃO PRESENCIAL, OUTROS") == "9"
    assert code("NORMAL") == "NORMAL"
    assert whole("6102.0") == "6102"
    assert whole("6.102") == "6.102"


@pytest.mark.parametrize(
    ("cell", "companies", "expected"),
    [
        ("394429021965", True, Identifier("00394429021965", "cnpj", "394429021965")),
        ("191", True, Identifier("00000000000191", "cnpj", "191")),
        ("06.267.630/0015-09", False, Identifier("06267630001509", "cnpj")),
        ("12ABC34501DE35", False, Identifier("12ABC34501DE35", "cnpj")),
        ("12345678909", False, Identifier("12345678909", "cpf")),
        ("1234567890.0", False, Identifier("01234567890", "cpf", "1234567890")),
        ("***.165.104-**", False, Identifier("***.165.104-**", "masked")),
        ("394429021966", True, Identifier("394429021966", None)),
        ("-1", True, Identifier("-1", None)),
        ("EX-4711", True, Identifier("EX-4711", None)),
    ],
)
def test_lost_zeros_come_back_only_where_the_check_digits_agree(
    cell: str, companies: bool, expected: Identifier
) -> None:
    assert identify(cell, only_companies=companies) == expected


def test_a_cpf_that_lost_its_zero_is_made_whole() -> None:
    assert identify("123456797", only_companies=False) == Identifier("00123456797", "cpf", "123456797")
