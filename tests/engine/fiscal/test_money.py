"""Amounts are read as people write them, rounded once, and judged by one policy."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fiscal.findings import Severity
from engine.fiscal.money import (
    cents,
    formatted,
    from_cents,
    parse_decimal,
    percentage,
    plain,
    product,
    rounded,
    verdict,
)

amounts = st.decimals(min_value=-(10**13), max_value=10**13, allow_nan=False, allow_infinity=False, places=2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("R$ 1.234,56", "1234.56"),
        ("R$\xa01.234.567,8", "1234567.8"),
        ("-0,5", "-0.5"),
        (" 7 ", "7"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1.234", "1.234"),
        ("0,0001", "0.0001"),
        ("5.22E+2", "522"),
        ("1e5", "100000"),
        (".5", "0.5"),
    ],
)
def test_amounts_are_read_as_systems_and_people_write_them(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)
    assert "E" not in str(parse_decimal(text))


@pytest.mark.parametrize(
    "text", ["", "abc", "NaN", "Infinity", "1,2,3.4.5", "1.2,3.4", "--1", "1e999", "١٢", "R$", "1_000", "-"]
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert parse_decimal(text) is None


@given(amounts)
def test_an_amount_survives_the_way_through_text_in_both_languages(value: Decimal) -> None:
    assert parse_decimal(plain(value)) == value
    assert parse_decimal(formatted(value, "pt")) == value
    if abs(value) >= 1000:
        assert parse_decimal(formatted(value, "en")) == value


@given(st.text(max_size=30))
def test_reading_never_raises(text: str) -> None:
    value = parse_decimal(text)
    assert value is None or value.is_finite()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.004999", "0.00"), ("2.675", "2.68"), ("1", "1.00")],
)
def test_halves_go_away_from_zero(value: str, expected: str) -> None:
    assert rounded(Decimal(value)) == Decimal(expected)
    assert str(rounded(Decimal(value))) == expected


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_cents_and_back(amount: int) -> None:
    assert cents(from_cents(amount)) == amount


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False))
def test_cents_round_like_rounded(value: Decimal) -> None:
    assert from_cents(cents(value)) == rounded(value)


@pytest.mark.parametrize("hostile", ["1E+999999", "NaN", "Infinity", "-1E+500"])
def test_hostile_numbers_have_no_cents(hostile: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        cents(Decimal(hostile))


@given(
    st.decimals(min_value=0, max_value=10**11, places=4, allow_nan=False, allow_infinity=False),
    st.decimals(min_value=0, max_value=10**11, places=10, allow_nan=False, allow_infinity=False),
)
def test_a_product_is_exact_before_it_is_rounded(quantity: Decimal, unit: Decimal) -> None:
    exact = int(quantity.scaleb(4)) * int(unit.scaleb(10))
    expected = Decimal((exact + 5 * 10**11) // 10**12).scaleb(-2) if exact >= 0 else None
    assert product(quantity, unit) == expected


def test_a_percentage_is_rounded_once() -> None:
    assert percentage(Decimal("347.28"), Decimal("12.00")) == Decimal("41.67")
    assert percentage(Decimal("0.50"), Decimal(1)) == Decimal("0.01")


@pytest.mark.parametrize(
    ("difference", "severity"),
    [
        ("0", None),
        ("0.01", None),
        ("-0.01", None),
        ("0.011", Severity.ALERTA),
        ("0.02", Severity.ALERTA),
        ("-0.50", Severity.ALERTA),
        ("0.50", Severity.ALERTA),
        ("0.51", Severity.ERRO),
        ("-0.501", Severity.ERRO),
    ],
)
def test_the_tolerance_of_the_audit(difference: str, severity: Severity | None) -> None:
    assert verdict(Decimal(difference)) is severity


def test_amounts_are_written_for_the_reader() -> None:
    assert formatted(Decimal("1234567.8"), "pt") == "1.234.567,80"
    assert formatted("1234567.891", "en") == "1,234,567.891"
    assert formatted("-3", "pt") == "-3,00"
    assert formatted("n/a", "pt") == "n/a"
    assert formatted(Decimal("1E+999999"), "pt") == "1E+999999"


def test_plain_keeps_what_the_document_wrote_beyond_two_places() -> None:
    assert plain(Decimal("12.8400000000")) == "12.8400000000"
    assert plain(Decimal(7)) == "7.00"
    assert plain(Decimal("1E+3")) == "1000.00"


@given(amounts, amounts)
def test_rounding_is_the_decimal_module_s_own(a: Decimal, b: Decimal) -> None:
    assert rounded(a + b) == (a + b).quantize(Decimal("0.01"), ROUND_HALF_UP)
