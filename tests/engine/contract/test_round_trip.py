"""Any payload, written and read, is the same payload; nothing becomes a float."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract import calls, codec
from engine.contract.comparison import AIFinding, DeterministicCrossValidation
from engine.contract.payloads import PAYLOAD_OF, AuditReport
from tests.engine.contract.conftest import JSON, floats, structs

KINDS: list[type[msgspec.Struct]] = [
    *PAYLOAD_OF.values(), AIFinding, DeterministicCrossValidation, AuditReport, calls.Job, calls.Prepared,
    calls.IngestRequest, calls.AssistantAnswer,
]  # fmt: skip


@pytest.mark.parametrize("kind", list(dict.fromkeys(KINDS)), ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_payload_survives_the_queue(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    value = data.draw(structs(kind))
    body = codec.encode(value)
    again = codec.decoder(kind)(body)
    assert again == value
    assert codec.encode(again) == body
    assert not list(floats(again))


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_a_value_without_a_type_survives_too(value: object) -> None:
    body = codec.encode(value)
    again = codec.decoder(object)(body)
    assert codec.encode(again) == body
    assert not list(floats(again))
