"""What working on a message needs, made once by the dispatcher."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.outside import Clock
from engine.runtime.extractor import Extractor
from engine.runtime.leases import Leases
from engine.runtime.persistence import Persistence
from engine.runtime.reference import Reference
from engine.runtime.registry import Registry
from engine.runtime.slots import Slots
from engine.runtime.trail import Trail
from engine.runtime.turn import Turn
from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Shared by all messages at work."""

    store: Store
    clock: Clock
    chance: random.Random
    registry: Registry
    extractor: Extractor
    reference: Reference
    turn: Turn
    slots: Slots
    leases: Leases
    persistence: Persistence
    #: New for every claim.
    tokens: Iterator[int]
    #: Ids of spans.
    spans: Iterator[int]
    #: Hears what became of hops.
    trail: Trail
    #: Documents being worked on right now, and the cell of the pipeline they are at.
    live: dict[str, int] = field(default_factory=dict)
