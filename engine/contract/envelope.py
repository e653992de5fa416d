"""The envelope around every payload, and reading what a cloud queue hands over."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from engine.contract.events import EventName


class Headers(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who, what, which try. `timestamp` is ISO 8601 with an offset or Z; `attempt` counts from 0 on the wire."""

    trace_id: str
    doc_id: str
    idempotency_key: str
    attempt: int
    timestamp: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it travels; the payload is decoded by the event's name, strictly, when it is hydrated."""

    name: EventName
    headers: Headers
    payload: msgspec.Raw
    version: int = 1


class Unreadable(ValueError):
    """A queue body is no envelope."""


_envelope = msgspec.json.Decoder(Envelope)


def decode(body: bytes) -> Envelope:
    """An envelope from our own queues. Raises `Unreadable`."""
    try:
        return _envelope.decode(body)
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from error


def decode_foreign(body: Any) -> Envelope:
    """An envelope from a cloud queue: an object, its JSON, a JSON string of that JSON, or base64 of any of these."""
    current = body
    for _ in range(4):
        if isinstance(current, dict):
            return decode(msgspec.json.encode(current))
        if isinstance(current, str):
            current = current.encode()
        if not isinstance(current, bytes):
            break
        try:
            current = msgspec.json.decode(current)
        except msgspec.DecodeError:
            try:
                current = base64.b64decode(current, validate=True)
            except binascii.Error:
                break
    raise Unreadable("The body is neither an envelope nor an encoding of one.")
