"""Sentry: every dead letter as an event, in an envelope. Needs the extra `sentry`, of which only the formats are used: nothing is hooked into the process.

An event names agent, trace, document, error class and fingerprint; nothing of the document and no message that could quote it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

from engine.destination import destination
from engine.errors import BadReceiver, ExtraMissing
from engine.outside import iso
from engine.telemetry.exporting.parcel import Parcel
from store.telemetry import Record

#: The record that becomes an event.
DEAD = "hop.dead"


class Sentry:
    """Dead letters for the project of a DSN."""

    name = "sentry"
    takes: Literal["record"] = "record"

    def __init__(self, dsn: str, version: str) -> None:
        try:
            from sentry_sdk.envelope import Envelope
            from sentry_sdk.utils import BadDsn, Dsn
        except ImportError:
            raise ExtraMissing("The extra sentry is not installed.") from None
        self._envelope: Any = Envelope
        self._version = version
        try:
            auth = Dsn(dsn).to_auth(f"nexus/{version}")
        except (BadDsn, ValueError):
            raise BadReceiver("SENTRY_DSN is no DSN.") from None
        if not dsn.isascii():
            raise BadReceiver("SENTRY_DSN is no DSN.")
        self._url = auth.get_api_url()
        if destination(self._url) is None:
            raise BadReceiver("SENTRY_DSN is no https address.")
        self._headers = {"X-Sentry-Auth": auth.to_header(), "Content-Type": "application/x-sentry-envelope"}

    def objection(self, answer: bytes) -> None:
        """It takes a request whole or not at all."""

    def parcels(self, rows: Sequence[Record]) -> list[Parcel]:
        """A request for each dead letter: an envelope holds one event."""
        return [Parcel(record.id, self._url, self._headers, self._event(record)) for record in rows if record.event == DEAD]

    def _event(self, record: Record) -> bytes:
        fields = record.fields
        # The same letter is the same event however often it is sent.
        event_id = hashlib.sha256(f"{record.at}:{record.id}:{record.trace}:{record.doc}".encode()).hexdigest()[:32]
        error, agent = str(fields.get("error", "")), record.agent or "queue"
        tags = {"agent": agent, "traceId": record.trace, "docId": record.doc, "error": error}
        event = {
            "event_id": event_id, "timestamp": iso(record.at), "platform": "other", "level": "error", "logger": "nexus", "release": f"nexus@{self._version}",
            "transaction": f"agent.{agent}", "fingerprint": [str(fields.get("fingerprint", error))], "exception": {"values": [{"type": error, "value": record.message}]},
            "tags": {name: value for name, value in tags.items() if value},
        }  # fmt: skip
        envelope = self._envelope(headers={"event_id": event_id})
        envelope.add_event(event)
        body: bytes = envelope.serialize()
        return body
