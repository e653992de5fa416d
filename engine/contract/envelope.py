"""The envelope around every payload, and reading what a cloud queue hands over."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

import msgspec

from engine.contract import codec
from engine.contract.codec import Unreadable
from engine.contract.events import EventName

__all__ = ["Envelope", "Headers", "Unreadable", "decode", "decode_foreign"]

#: ISO 8601 with `T` and an offset or Z.
Moment = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
    ),
]

#: Encodings around each other that a body may arrive in: base64 of a JSON string of base64 of JSON is already one more than was ever seen.
LAYERS = 4


class Headers(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Who, what, which try; `attempt` counts from 0 on the wire."""

    trace_id: str
    doc_id: str
    idempotency_key: str
    attempt: Annotated[int, msgspec.Meta(ge=0)]
    timestamp: Moment


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event as it travels; the payload is decoded by the event's name, strictly, when it is hydrated."""

    name: EventName
    headers: Headers
    payload: msgspec.Raw
    version: Literal[1] = 1


#: An envelope from our own queues. Raises `Unreadable`.
decode = codec.decoder(Envelope)

_text = codec.decoder(str)


def decode_foreign(body: Any) -> Envelope:
    """An envelope from a cloud queue: an object, its JSON, a JSON string of that JSON, or base64 of any of these.

    JSON is not taken apart on the way, so that amounts keep their digits; an object is what its parser made of it. Raises `Unreadable`.
    """
    current = body
    for _ in range(LAYERS):
        if isinstance(current, dict):
            return decode(_written(current))
        if not isinstance(current, bytes | bytearray | str):
            break
        current = _bare(current)
        if current[:1] == b"{":
            return decode(current)
        current = _text(current) if current[:1] == b'"' else _unpacked(current)
    raise Unreadable("The body is neither an envelope nor an encoding of one.")


def _bare(text: bytes | bytearray | str) -> bytes:
    try:
        return (text.encode() if isinstance(text, str) else bytes(text)).strip()
    except UnicodeEncodeError as error:
        raise Unreadable(str(error)) from error


def _unpacked(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Unreadable("The body is neither JSON nor base64.") from error


def _written(value: dict[Any, Any]) -> bytes:
    try:
        return codec.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
