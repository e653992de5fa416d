"""Masking: no number of a taxpayer and no secret gets through, ids and amounts do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.telemetry.redaction import Redaction

REDACTION = Redaction(["s3cr3t-value"])


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("CNPJ 12.345.678/0001-95 bad", ["12.345.678/0001-95", "345"]),
        ("CNPJ 12345678000195", ["12345678000195", "345678"]),
        ("alphanumeric 12ABC34501DE35", ["12ABC34501DE35", "ABC345"]),
        ("written 12.ABC.345/01DE-35", ["ABC"]),
        ("CPF 529.982.247-25, CPF 52998224725", ["529.982", "52998224725", "247-25"]),
        ("35170358716523000119550010000000301000000300-nfe.xml", ["58716523000119"]),
        ("Authorization: Bearer abcdef0123456789", ["abcdef0123456789"]),
        ("https://name:word@host/1 token=abc123def password: hunter22", ["name:word", "abc123def", "hunter22"]),
        ("told s3cr3t-value here", ["s3cr3t-value"]),
    ],
)
def test_it_is_masked(text: str, gone: list[str]) -> None:
    masked = REDACTION.text(text)
    assert not [one for one in gone if one in masked]
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "7bfe2b14-56f5-46b5-b455-13bdded5e5d3", "2026-11-26T01:37:45.043Z", "1234.56 of 4096 bytes", "agent A4, attempt 2 of 5"],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert REDACTION.text(text) == text


def test_fields_are_masked_at_any_depth() -> None:
    masked = REDACTION.value({"12345678000195": [{"who": "52998224725"}], "count": 3})
    assert "12345678000195" not in str(masked) and "52998224725" not in str(masked) and masked["count"] == 3


@given(st.text(alphabet="0123456789", min_size=14, max_size=14), st.text(alphabet=" ,;:()<>\"'=\n/", max_size=3), st.text(alphabet=" ,;:()<>\"'=\n/", max_size=3))
def test_no_number_of_a_taxpayers_length_stands_alone(number: str, before: str, after: str) -> None:
    assert number not in REDACTION.text(f"x{before or ' '}{number}{after}")
