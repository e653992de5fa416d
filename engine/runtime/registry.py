"""Which agent handles which event, and how its payload is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from engine.agents.registry import AGENTS, Handle
from engine.contract import codec
from engine.contract.events import AgentSpec, EventName
from engine.contract.payloads import PAYLOAD_OF


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as the runtime calls it; `stage` names its step, `place` is the last cell of the pipeline it fills."""

    spec: AgentSpec
    handle: Handle
    decode: Callable[[msgspec.Raw], Any]

    @property
    def stage(self) -> str:
        return self.spec.id

    @property
    def place(self) -> int:
        return self.spec.stages[-1]


Registry = Mapping[EventName, Agent]


def production() -> Registry:
    """The eleven agents."""
    return {name: Agent(spec=spec, handle=handle, decode=codec.decoder(PAYLOAD_OF[name])) for name, (spec, handle) in AGENTS.items()}
