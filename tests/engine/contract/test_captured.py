"""What was captured from the deployment decodes strictly, and is written again as it was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.contract import calls, codec, envelope, keys
from engine.contract.codec import Unreadable
from engine.contract.envelope import Envelope
from engine.contract.events import EventName
from engine.contract.payloads import PAYLOAD_OF, AuditReport, ParsedDocument
from tests.engine.contract.conftest import captured, floats

EVENTS: list[dict[str, Any]] = [entry["ev"] for entry in captured("events.json")]
WHOLE = [event for event in EVENTS if event["payload"]]
CALLS: dict[str, Any] = captured("calls.json")
VALUES: dict[str, Any] = captured("kv-values.json")
CALL_TYPES: dict[str, type[msgspec.Struct]] = {
    "ingest.request": calls.IngestRequest,
    "ingest.response": calls.IngestAccepted,
    "ingest.invalid": calls.Refused,
    "report": AuditReport,
    "report.missing": calls.Refused,
    "assistant.request": calls.AssistantRequest,
    "assistant.response": calls.AssistantAnswer,
    "assistant.missing": calls.Refused,
}
VALUE_TYPES: dict[str, type[msgspec.Struct]] = {
    "job": calls.Job,
    "ingest": ParsedDocument,
    "report": AuditReport,
    "assistant": calls.Prepared,
}


def plain(body: bytes) -> Any:
    """JSON as Python reads it, numbers with a point as Decimal."""
    return json.loads(body, parse_float=Decimal)


def rewritten(kind: type[msgspec.Struct], value: Any) -> Any:
    """Strictly decoded, written, and read plainly."""
    decoded = codec.decoder(kind)(codec.encode(value))
    assert not list(floats(decoded))
    return plain(codec.encode(decoded))


def as_string(event: dict[str, Any]) -> str:
    return json.dumps(event, default=float)


ENCODINGS: dict[str, Callable[[bytes], Any]] = {
    "object": lambda text: plain(text),
    "string": lambda text: text.decode(),
    "bytes": lambda text: text,
    "bytearray": bytearray,
    "JSON string": lambda text: json.dumps(text.decode()),
    "bytes of a JSON string": lambda text: json.dumps(text.decode()).encode(),
    "base64": lambda text: base64.b64encode(text).decode(),
    "base64 of a JSON string": lambda text: base64.b64encode(json.dumps(text.decode()).encode()).decode(),
    "bytes of base64 of a JSON string": lambda text: base64.b64encode(json.dumps(text.decode()).encode()),
    "surrounded by blanks": lambda text: b" \n" + text + b"\n",
}


@pytest.mark.parametrize("event", WHOLE, ids=lambda event: event["name"])
def test_an_event_is_written_as_it_was_read(event: dict[str, Any]) -> None:
    opened = envelope.decode(codec.encode(event))
    payload = codec.decoder(PAYLOAD_OF[opened.name])(opened.payload)
    assert not list(floats(payload))
    written = {
        "name": opened.name, "headers": opened.headers, "payload": payload, "version": opened.version
    }  # fmt: skip
    assert plain(codec.encode(written)) == event
    assert list(plain(codec.encode(written))) == ["name", "headers", "payload", "version"]


def test_every_event_of_the_pipeline_but_the_first_and_the_review_was_captured() -> None:
    assert {event["name"] for event in WHOLE} == {name.value for name in EventName} - {
        EventName.PIPELINE_REQUESTED.value,
        EventName.CLASSIFICATION_NEEDS_REVIEW.value,
    }


def test_a_probe_with_an_empty_payload_is_no_review() -> None:
    probe = next(event for event in EVENTS if not event["payload"])
    opened = envelope.decode(codec.encode(probe))
    with pytest.raises(Unreadable):
        codec.decoder(PAYLOAD_OF[opened.name])(opened.payload)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_written_as_it_was_read(name: str) -> None:
    assert rewritten(CALL_TYPES[name], CALLS[name]) == CALLS[name]


@pytest.mark.parametrize("key", VALUES)
def test_a_value_is_written_as_it_was_read(key: str) -> None:
    assert rewritten(VALUE_TYPES[key.partition(":")[0]], VALUES[key]) == VALUES[key]


def test_keys_are_named_and_live_as_the_deployment_has_them() -> None:
    expiring = captured("kv-keys.json")
    (job,) = [key for key in expiring if key.startswith("job:")]
    trace = job.partition(":")[2]
    assert expiring.keys() == VALUES.keys()
    for doc in VALUES[job]["docIds"]:
        assert {keys.ingest(doc, trace), keys.report(doc), keys.assistant(doc), keys.job(trace)} <= expiring.keys()
    assert expiring[job] - expiring[keys.ingest(VALUES[job]["docIds"][0], trace)] == pytest.approx(
        keys.JOB_S - keys.INGEST_S, abs=10
    )


@pytest.mark.parametrize("form", ENCODINGS)
@pytest.mark.parametrize("event", WHOLE[:2] + WHOLE[-1:], ids=lambda event: event["name"])
def test_a_cloud_queue_may_hand_an_event_over_in_any_form(event: dict[str, Any], form: str) -> None:
    opened = envelope.decode_foreign(ENCODINGS[form](codec.encode(event)))
    assert opened.name == event["name"]
    assert opened.headers.trace_id == "t-1"
    assert plain(bytes(opened.payload)) == event["payload"]


@pytest.mark.parametrize("form", [form for form in ENCODINGS if form != "object"])
def test_amounts_keep_their_digits_through_any_form(form: str) -> None:
    event = {**WHOLE[0], "payload": {"amount": Decimal("1234567890123456.70"), "unit": Decimal("0.10")}}
    opened = envelope.decode_foreign(ENCODINGS[form](codec.encode(event)))
    assert bytes(opened.payload) == b'{"amount":1234567890123456.70,"unit":0.10}'


def test_an_object_that_was_parsed_elsewhere_gives_no_float() -> None:
    event = {**WHOLE[0], "payload": {**WHOLE[0]["payload"], "data": [{"produto_valor_total": 10.5}]}}
    opened = envelope.decode_foreign(event)
    document = codec.decoder(PAYLOAD_OF[opened.name])(opened.payload)
    assert not list(floats(document))


NO_ENVELOPES: list[Any] = [
    None, 7, 1.5, True, [], [1], "", "   ", "null", "7", "[]", '"', '""', '{"name":', "{}", b"\xff\xfe", b'"\xff"', b"{\xff", "é", "\ud800",
    "bm8=", base64.b64encode(b"\xff\xff").decode(), b"[" * 200_000, b'{"name":' + b"[" * 200_000, {1: 2}, {"name": object()},
    {"name": "evt.unknown"}, {"a": float("nan")},
]  # fmt: skip


@pytest.mark.parametrize("body", NO_ENVELOPES, ids=lambda body: repr(body)[:24])
def test_what_is_no_envelope_is_refused_and_never_breaks(body: Any) -> None:
    with pytest.raises(Unreadable):
        envelope.decode_foreign(body)


def wrapped(text: bytes, layers: int) -> bytes:
    for _ in range(layers):
        text = base64.b64encode(text)
    return text


def test_encodings_are_not_unwrapped_without_end() -> None:
    body = codec.encode(WHOLE[0])
    assert isinstance(envelope.decode_foreign(wrapped(body, envelope.LAYERS - 1)), Envelope)
    with pytest.raises(Unreadable):
        envelope.decode_foreign(wrapped(body, 40))
