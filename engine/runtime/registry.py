"""Which agent handles which event, and how its payload is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.agents.registry import AGENTS, Handle
from engine.contract import codec
from engine.contract.events import QUEUE_OF, AgentSpec, EventName
from engine.contract.payloads import PAYLOAD_OF


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as the runtime calls it, for one of the events it consumes."""

    spec: AgentSpec
    handle: Handle
    decode: Callable[[msgspec.Raw], Any]
    #: Name its step.
    stage: str
    event: str
    #: The last cell of the pipeline it fills.
    place: int
    #: Where the event waits.
    queue: str
    #: Seconds without progress.
    patience: float

    @classmethod
    def of(cls, name: EventName, spec: AgentSpec, handle: Handle, decode: Callable[[msgspec.Raw], Any]) -> Agent:
        """What every hop looks up is computed once."""
        return cls(
            spec=spec, handle=handle, decode=decode, stage=spec.id, event=name.value, place=spec.stages[-1], queue=QUEUE_OF[name].value, patience=spec.timeout_ms / 1000
        )


Registry = Mapping[EventName, Agent]


def production() -> Registry:
    """The eleven agents."""
    return {name: Agent.of(name, spec, handle, codec.decoder(PAYLOAD_OF[name])) for name, (spec, handle) in AGENTS.items()}
