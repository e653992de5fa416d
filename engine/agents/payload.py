"""What agents carry to each other beside the wire's fields: an object while it is warm, plain JSON values after a hop through a queue."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from engine.agents.context import Context
from engine.contract import codec
from engine.extraction.result import Extraction

T = TypeVar("T")


async def extraction_of(carried: Any, context: Context) -> Extraction:
    """The extraction that travels with a payload; an event of foreign make brings none, and the bytes are read again."""
    if carried is UNSET:
        return await context.extract(await context.lookup.source())
    return carried if isinstance(carried, Extraction) else msgspec.convert(carried, Extraction)


def carried(value: Any, kind: type[T]) -> T:
    """A local addition of a payload, as its type."""
    return value if isinstance(value, kind) else msgspec.convert(value, kind)


def encoded(value: Any) -> bytes:
    """A value as it is stored beside a record: JSON, amounts as numbers with their own digits."""
    return codec.encode(value)
