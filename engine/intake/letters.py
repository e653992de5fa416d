"""What a dead letter is about: its event, and the documents that a planner's message names, for they have no message of their own."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contract import codec, envelope
from engine.contract.events import EventName
from engine.contract.payloads import PipelineRequested

_planned = codec.decoder(PipelineRequested)


def event_of(body: bytes) -> envelope.Envelope | None:
    """The event of a message, `None` if it cannot be read: a message may be dead for that very reason."""
    try:
        return envelope.decode(body)
    except envelope.Unreadable:
        return None


def planned(event: envelope.Envelope | None) -> Sequence[str]:
    """The documents that a planner's message sends on their way; none if it is of another kind."""
    if event is None or event.name is not EventName.PIPELINE_REQUESTED:
        return ()
    try:
        return [document.doc_id for document in _planned(event.payload).documents]
    except envelope.Unreadable:
        return ()
