"""The golden reports are what the pipeline writes, and what the wire takes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.contract import codec
from engine.contract.payloads import AuditReport
from tests import golden_reports
from tests.golden_reports import GOLDEN, REPORTS


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_is_as_it_was_read_last(name: str) -> None:
    text = await golden_reports.golden(name)
    assert text == golden_reports.kept(name), "read the change, then: python -m tests.golden_reports --write"


def test_no_report_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == REPORTS.keys()


@pytest.mark.parametrize("name", REPORTS)
def test_a_kept_report_has_the_wires_shape_and_nothing_besides(name: str) -> None:
    text = golden_reports.kept(name)
    assert text is not None
    decoded = codec.decoder(AuditReport)(text.encode())
    assert json.loads(codec.encode(decoded), parse_float=Decimal) == json.loads(text, parse_float=Decimal)
