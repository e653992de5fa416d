"""Events to queue messages and back: the claim check, and the order of fields the wire expects."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from engine.agents.outcome import Emission, Event
from engine.contract import codec, envelope
from engine.contract.events import QUEUE_OF, EventName
from engine.errors import InvalidPayload
from engine.outside import iso
from engine.runtime.registry import Registry
from store.blobs import Blob, Blobs
from store.kv import INLINE
from store.queues import Delivery, Draft

#: Makes bytes durable as a blob.
Keep = Callable[[bytes], Coroutine[Any, Any, Blob]]



class _Outgoing(msgspec.Struct, frozen=True):
    """An envelope with its payload still an object."""

    name: EventName
    headers: envelope.Headers
    payload: Any
    version: int = 1


def encode(emission: Emission, trace: str, wall_ms: int) -> bytes:
    """The message body of an event."""
    headers = envelope.Headers(
        trace_id=trace, doc_id=emission.doc_id, idempotency_key=emission.key, attempt=0, timestamp=iso(wall_ms)
    )
    return codec.encode(_Outgoing(emission.name, headers, emission.payload))


async def draft(
    emission: Emission, *, trace: str, run: int, prio: int, wall_ms: int, queues: dict[str, int], keep: Keep, span: int | None
) -> Draft:
    """A message for the event's queue. A body above 64 KiB becomes a blob that the message names (claim check). `span` sends it."""
    body: bytes | None = encode(emission, trace, wall_ms)
    sha: bytes | None = None
    if body is not None and len(body) > INLINE:
        sha, body = (await keep(body)).sha, None
    planner = emission.name is EventName.PIPELINE_REQUESTED
    return Draft(
        queue=queues[QUEUE_OF[emission.name].value],
        body=body,
        sha=sha,
        trace=trace,
        doc=None if planner else emission.doc_id,
        prio=prio,
        delay_ms=emission.delay_ms,
        run=run + 1 if emission.again else run,
        parent=span,
    )


def hydrate(delivery: Delivery, blobs: Blobs, registry: Registry, tenant: str | None) -> Event:
    """The event of a message, its payload decoded strictly. Raises `InvalidPayload`."""
    body = delivery.body if delivery.body is not None else blobs.read(delivery.sha or b"")
    try:
        opened = envelope.decode(body)
        payload = registry[opened.name].decode(opened.payload)
    except (envelope.Unreadable, msgspec.MsgspecError, KeyError) as error:
        raise InvalidPayload(str(error)) from error
    headers = opened.headers
    return Event(
        name=opened.name,
        trace_id=headers.trace_id,
        doc_id=headers.doc_id,
        payload=payload,
        key=headers.idempotency_key,
        tenant=tenant if tenant is not None else getattr(payload, "tenant_id", ""),
        run=delivery.run,
        attempt=delivery.attempts,
        repeated=delivery.run > 0 or delivery.deliveries > 1,
    )
