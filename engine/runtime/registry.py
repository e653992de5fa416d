"""Which agent handles which event, and how its payload is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from engine.agents import a01_ingestor, a08_reporting, a09_assistant
from engine.agents.registry import AGENTS, Handle
from engine.contract import codec, keys
from engine.contract.events import A1, A8, A9, QUEUE_OF, AgentSpec, EventName
from engine.contract.payloads import PAYLOAD_OF
from engine.settings.catalogue import Limits


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
#: Every agent by its own limits.
UNCHANGED: Mapping[str, Limits] = MappingProxyType({})


def production(limits: Mapping[str, Limits] = UNCHANGED, lifetimes: keys.Lifetimes = keys.UNCHANGED) -> Registry:
    """The eleven agents, with what was configured for them by id, and for how long the keys they write live."""
    keeping: dict[str, Handle] = {
        A1.id: partial(a01_ingestor.handle, ttl_s=lifetimes.ingest),
        A8.id: partial(a08_reporting.handle, ttl_s=lifetimes.report),
        A9.id: partial(a09_assistant.handle, ttl_s=lifetimes.assistant),
    }
    return {
        name: Agent.of(
            name,
            _limited(spec, limits.get(spec.id)),
            keeping.get(spec.id, handle),
            codec.decoder(PAYLOAD_OF[name]),
        )
        for name, (spec, handle) in AGENTS.items()
    }


def _limited(spec: AgentSpec, limits: Limits | None) -> AgentSpec:
    return spec if limits is None else replace(spec, timeout_ms=limits.timeout_ms, max_attempts=limits.max_attempts)
