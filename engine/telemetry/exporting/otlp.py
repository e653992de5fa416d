"""OTLP/HTTP: spans for an OpenTelemetry collector, in protobuf as the specification of OTLP 1 has it. Needs the extra `otlp`."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from engine.errors import BadReceiver, ExtraMissing
from engine.telemetry.exporting.parcel import Parcel
from store.records.steps import StepStatus
from store.telemetry import Span

PATH = "/v1/traces"
#: Letters of a collector's own words that are told.
LONGEST_REASON = 200


class Otlp:
    """Spans for the collector at an address; one without a path gets `/v1/traces`."""

    name = "otlp"
    takes: Literal["span"] = "span"

    def __init__(self, address: str, version: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadReceiver("telemetry.otlp_url is no http or https address.")
        self._url = address if parts.path.strip("/") else address.rstrip("/") + PATH
        self._version = version
        try:
            from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
        except ImportError:
            raise ExtraMissing("The extra otlp is not installed.") from None
        self._proto: Any = trace_service_pb2

    def objection(self, answer: bytes) -> str | None:
        """OTLP's `partial_success`: how many spans were rejected, and why. What is no protobuf says nothing."""
        response = self._proto.ExportTraceServiceResponse()
        try:
            response.ParseFromString(answer)
        except Exception:  # protobuf's DecodeError is another class in each of its builds
            return None
        partial = response.partial_success
        if not (partial.rejected_spans or partial.error_message):
            return None
        return f"{partial.rejected_spans} spans were not taken: {partial.error_message[:LONGEST_REASON]}"

    def parcels(self, rows: Sequence[Span]) -> list[Parcel]:
        """One request with all spans."""
        if not rows:
            return []
        request = self._proto.ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        _attribute(resource.resource.attributes, "service.name", "nexus")
        _attribute(resource.resource.attributes, "service.version", self._version)
        scope = resource.scope_spans.add()
        scope.scope.name = "nexus"
        for span in rows:
            _fill(scope.spans.add(), span)
        return [Parcel(rows[-1].id, self._url, {"Content-Type": "application/x-protobuf"}, request.SerializeToString())]


def trace_id(trace: str) -> bytes:
    """The 16 bytes of a trace: its UUID's own, or of another id the first of its SHA-256."""
    try:
        return uuid.UUID(trace).bytes
    except ValueError:
        return hashlib.sha256(trace.encode()).digest()[:16]


def span_id(span: int) -> bytes:
    """The 8 bytes of a span."""
    return span.to_bytes(8, "big")


def _fill(target: Any, span: Span) -> None:
    trace = trace_id(span.trace)
    target.trace_id, target.span_id = trace, span_id(span.span)
    if span.parent is not None:
        target.parent_span_id = span_id(span.parent)
    if span.link is not None:
        link = target.links.add()
        link.trace_id, link.span_id = trace, span_id(span.link)
    target.name = f"agent.{span.agent}"
    # CONSUMER: each hop works on a message.
    target.kind = 5
    target.start_time_unix_nano = span.started * 1_000_000
    target.end_time_unix_nano = span.started * 1_000_000 + span.took * 1_000
    # OK or ERROR.
    target.status.code = 1 if span.status is StepStatus.DONE else 2
    for key, value in (("nexus.docId", span.doc), ("nexus.event", span.event), ("nexus.error", span.error)):
        if value:
            _attribute(target.attributes, key, value)
    for key, number in (("nexus.run", span.run), ("nexus.attempt", span.attempt), ("nexus.wait_ms", span.waited)):
        _attribute(target.attributes, key, number)


def _attribute(attributes: Any, key: str, value: str | int) -> None:
    one = attributes.add()
    one.key = key
    if isinstance(value, int):
        one.value.int_value = value
    else:
        one.value.string_value = value
