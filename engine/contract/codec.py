"""JSON as the wire writes it: amounts are numbers with their own digits, in both directions; nothing ever becomes a float."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

#: `encode(value)`: an amount leaves with the digits the document wrote.
encode: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="number").encode


class Unreadable(ValueError):
    """What should be an envelope or a payload is none."""


#: What a decoder may raise for bytes from outside: not the shape, not UTF-8, or nested beyond what a stack holds.
REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def number(text: str) -> Decimal:
    """A JSON number without a declared type. An exponent beyond what a Decimal holds is no number (ValueError)."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]} is beyond any amount") from error


def decoder(kind: type[T]) -> Callable[[bytes | msgspec.Raw], T]:
    """Strict decoding: unknown keys are dropped, a missing, null or wrong one raises `Unreadable`."""
    decode = msgspec.json.Decoder(kind, float_hook=number).decode

    def read(body: bytes | msgspec.Raw) -> T:
        try:
            return decode(body)
        except REFUSALS as error:
            raise Unreadable(str(error)) from error

    return read
