"""What a seed means: which documents, whose agents fail how, when the process dies, how bad the disk is. Nothing else is drawn outside a life."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from engine.contract.events import EventName

#: Ways an agent misbehaves over one event of one document, in the order of its calls.
MODES = ("raise", "raise", "hang", "slow")

STAGES = tuple(name for name in EventName if name is not EventName.PIPELINE_REQUESTED)


@dataclass(slots=True, kw_only=True)
class Plan:
    """One seed's world."""

    seed: int
    documents: int = 5
    lists: bool = False
    #: Modes still to be consumed, by number of the document and event.
    misbehaviour: dict[tuple[int, EventName], list[str]] = field(default_factory=dict)
    #: Documents whose agent for an event always raises.
    poison: dict[int, EventName] = field(default_factory=dict)
    #: Documents that want a person's look as well.
    review: frozenset[int] = frozenset()
    #: Points of the store after which each life but the last dies.
    deaths: tuple[int, ...] = ()
    #: Lives that end in an orderly but impatient stop instead, by number, and the virtual second.
    stops: dict[int, float] = field(default_factory=dict)
    #: Chance of a fault of the disk, at every statement.
    trouble: float = 0.0
    #: Virtual seconds during which the disk is full, in each life.
    full: tuple[float, float] | None = None
    #: Messages to deliver twice.
    duplicates: int = 0
    #: Leases to end early.
    expiries: int = 0
    #: Queues to pause for a while: (second, name, seconds).
    pauses: tuple[tuple[float, str, float], ...] = ()
    #: Documents that a second job names as well.
    again: frozenset[int] = frozenset()
    run_ahead: bool = True
    #: Whether dead letters are sent back once their cause is gone.
    requeue: bool = False


def planned(seed: int) -> Plan:
    """The plan of a seed."""
    chance = random.Random(seed)
    count = chance.randint(1, 6)
    numbers = range(1, count + 1)
    plan = Plan(seed=seed, documents=count, lists=chance.random() < 0.1, run_ahead=chance.random() < 0.75)
    if chance.random() < 0.6:
        for _ in range(chance.randint(1, 4)):
            key = chance.choice(numbers), chance.choice(STAGES)
            plan.misbehaviour.setdefault(key, []).extend(chance.choices(MODES, k=chance.randint(1, 2)))
    if chance.random() < 0.35:
        for _ in range(chance.randint(1, 2)):
            plan.poison[chance.choice(numbers)] = chance.choice(STAGES)
    plan.review = frozenset(number for number in numbers if chance.random() < 0.3)
    if chance.random() < 0.6:
        plan.deaths = tuple(chance.randint(3, 160) for _ in range(chance.randint(1, 3)))
    for life in range(len(plan.deaths) + 1):
        if chance.random() < 0.15:
            plan.stops[life] = chance.random() * chance.choice((0.05, 1.0, 20.0))
    if chance.random() < 0.3:
        plan.trouble = chance.choice((0.002, 0.01, 0.03))
    if chance.random() < 0.2:
        start = chance.random() * 0.2
        plan.full = start, start + chance.choice((0.5, 5.0, 90.0))
    plan.duplicates = chance.choice((0, 0, 1, 3))
    plan.expiries = chance.choice((0, 0, 0, 1, 2))
    if chance.random() < 0.3:
        plan.pauses = tuple(
            (chance.random() * 0.3, chance.choice(("ingest", "parse", "audit", "tax", "recon", "report")), chance.choice((0.001, 0.1, 70.0)))
            for _ in range(chance.randint(1, 3))
        )
    plan.again = frozenset(number for number in numbers if chance.random() < 0.25)
    plan.requeue = chance.random() < 0.5
    return plan
