"""The eleven agents, misbehaving where the plan says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, Outcome
from engine.agents.registry import Handle
from engine.contract.events import EventName
from engine.contract.payloads import ClassificationNeedsReview
from engine.runtime.registry import Agent, production
from tests.simulation.plan import Plan


class Misbehaved(Exception):
    """The plan said so."""


def registry(plan: Plan, number_of: Callable[[str], int | None], cured: Callable[[], bool], calls: dict[tuple[str, EventName], int]) -> Mapping[EventName, Agent]:
    """The production registry with every handler behind the plan. `cured` ends all poison; `calls` counts per document and event."""

    def guarded(name: EventName, handle: Handle) -> Handle:
        async def misbehaving(event: Event, context: Context) -> Outcome:
            key = event.doc_id, name
            calls[key] = calls.get(key, 0) + 1
            number = number_of(event.doc_id)
            if number is not None:
                await _misbehave(plan, number, name, context, cured=cured())
            outcome = await handle(event, context)
            if name is EventName.AUDIT_DONE and number in plan.review:
                return with_review(event, outcome)
            return outcome

        return misbehaving

    return {name: replace(agent, handle=guarded(name, agent.handle)) for name, agent in production().items()}


async def _misbehave(plan: Plan, number: int, name: EventName, context: Context, *, cured: bool) -> None:
    if plan.poison.get(number) is name and not cured:
        raise Misbehaved(f"{name.value} is poison to {number}")
    modes = plan.misbehaviour.get((number, name))
    if not modes or cured:
        return
    mode = modes.pop(0)
    if mode == "raise":
        raise Misbehaved(f"{name.value} stumbled over {number}")
    if mode == "hang":
        await asyncio.sleep(1e9)
    if mode == "slow":
        for _ in range(20):
            await context.breathe()


def with_review(event: Event, outcome: Outcome) -> Outcome:
    """The classifier's outcome with a wish for a person's look."""
    if any(emission.name is EventName.CLASSIFICATION_NEEDS_REVIEW for emission in outcome.events):
        return outcome
    asked = ClassificationNeedsReview(audit=event.payload.audit, doc_name="a note")
    review = Emission(name=EventName.CLASSIFICATION_NEEDS_REVIEW, doc_id=event.doc_id, payload=asked, key=f"{event.doc_id}:review")
    return msgspec.structs.replace(outcome, events=(*outcome.events, review))
