"""Check digits, keys and masks, with letters where the law allows them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fiscal.identifiers import (
    AccessKey,
    bare,
    cnpj_check_digits,
    cnpj_valid,
    cpf_check_digits,
    cpf_valid,
    is_masked,
    key_check_digit,
    kind_of,
    mask,
    punctuated,
    same_under_mask,
)

LETTERS = string.digits + string.ascii_uppercase
KEY = "35180834128745000152550010000476051695511860"

cnpj_bodies = st.text(alphabet=LETTERS, min_size=12, max_size=12).filter(lambda body: len(set(body)) > 1)
cpf_bodies = st.text(alphabet=string.digits, min_size=9, max_size=9).filter(lambda body: len(set(body)) > 1)
key_bodies = st.builds(
    lambda head, issuer, tail: head + issuer + tail,
    st.text(alphabet=string.digits, min_size=6, max_size=6),
    cnpj_bodies,
    st.text(alphabet=string.digits, min_size=25, max_size=25),
)


@pytest.mark.parametrize("text", ["12ABC34501DE35", "34128745000152", "57647232000153", "00394429021965"])
def test_known_cnpj_are_right(text: str) -> None:
    assert cnpj_valid(text)
    assert cnpj_check_digits(text[:12]) == text[12:]


@pytest.mark.parametrize(
    "text",
    [
        "12ABC34501DE36",
        "34128745000153",
        "00000000000000",
        "99999999999999",
        "3412874500015",
        "12abc34501de35",
        "34.128.745/0001-52",
        "",
        "12ABC34501DEA5",
    ],
)
def test_wrong_cnpj_are_not(text: str) -> None:
    assert not cnpj_valid(text)


@pytest.mark.parametrize("text", ["68161525650", "05616510432", "52998224725"])
def test_known_cpf_are_right(text: str) -> None:
    assert cpf_valid(text)


@pytest.mark.parametrize(
    "text", ["68161525651", "11111111111", "00000000000", "6816152565", "681.615.256-50", "12345678901"]
)
def test_wrong_cpf_are_not(text: str) -> None:
    assert not cpf_valid(text)


@given(cnpj_bodies)
def test_generated_cnpj_round_trip(body: str) -> None:
    whole = body + cnpj_check_digits(body)
    assert cnpj_valid(whole)
    assert bare(punctuated(whole)) == whole
    assert kind_of(whole) == "cnpj"
    wrong = whole[:-1] + str((int(whole[-1]) + 1) % 10)
    assert not cnpj_valid(wrong)


@given(cpf_bodies)
def test_generated_cpf_round_trip(body: str) -> None:
    whole = body + cpf_check_digits(body)
    assert cpf_valid(whole)
    assert bare(punctuated(whole)) == whole
    assert kind_of(whole) == "cpf"
    assert not cpf_valid(whole[:-1] + str((int(whole[-1]) + 1) % 10))


@given(key_bodies)
def test_generated_keys_round_trip(body: str) -> None:
    text = body + key_check_digit(body)
    key = AccessKey.parse(text)
    assert key is not None
    assert key.check_digit_right
    parts = (
        key.uf_code,
        key.year_month,
        key.issuer,
        key.model,
        key.series,
        key.number,
        key.emission,
        key.code,
        key.check_digit,
    )
    assert "".join(parts) == text
    assert key.number_identity == key.issuer + key.model + key.series + key.number


def test_a_key_is_cut_by_the_manual() -> None:
    key = AccessKey.parse(KEY)
    assert key is not None
    assert (key.uf, key.year_month, key.issuer, key.model) == ("SP", "1808", "34128745000152", "55")
    assert (key.series, key.number, key.emission, key.code, key.check_digit) == (
        "001",
        "000047605",
        "1",
        "69551186",
        "0",
    )
    assert key.number_identity == KEY[6:34]
    assert key.check_digit_right
    assert not key.is_avulsa
    assert not key.issuer_is_cpf


@pytest.mark.parametrize(
    ("series", "avulsa", "person"),
    [
        ("889", False, False),
        ("890", True, False),
        ("899", True, False),
        ("910", False, True),
        ("920", False, True),
        ("969", False, True),
        ("970", False, False),
    ],
)
def test_the_series_tells_who_issued(series: str, avulsa: bool, person: bool) -> None:
    key = AccessKey.parse(KEY[:22] + series + KEY[25:])
    assert key is not None
    assert (key.is_avulsa, key.issuer_is_cpf) == (avulsa, person)


@pytest.mark.parametrize(
    "text", [None, "", KEY[:-1], KEY + "0", "NFe" + KEY, KEY.replace("3", "A", 1), KEY[:20] + "A" + KEY[21:], "٣" * 44]
)
def test_what_has_not_the_shape_of_a_key_is_none(text: str | None) -> None:
    assert AccessKey.parse(text) is None


def test_masks() -> None:
    assert mask("12316510499") == "***.165.104-**"
    assert mask("123.165.104-99") == "***.165.104-**"
    assert mask("34128745000152") == "34128745000152"
    assert is_masked("***.165.104-**")
    assert not is_masked("12316510499")
    assert not is_masked("*")
    assert kind_of("***.165.104-**") == "masked"
    assert kind_of("US-12") is None
    assert same_under_mask("***.165.104-**", "12316510499")
    assert not same_under_mask("***.165.104-**", "12316510599")
    assert not same_under_mask("***.165.104-**", "1231651049")


@given(cpf_bodies)
def test_a_masked_cpf_still_matches_its_own(body: str) -> None:
    whole = body + cpf_check_digits(body)
    assert same_under_mask(mask(whole), whole)
    assert kind_of(mask(whole)) == "masked"
