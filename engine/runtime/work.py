"""Work on one message: from its claim to the commit that settles it, whichever way it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from engine.agents.outcome import Emission, Event
from engine.contract.payloads import PipelineRequested
from engine.errors import Interrupted, InvalidPayload
from engine.runtime import effects, messages, policy, settle
from engine.runtime.chain import Chain, FailedHop
from engine.runtime.effects import Effects
from engine.runtime.lookups import ChainLookup
from engine.runtime.settle import Claimed, Hands, Moment, Planned, Settled, Unwritten
from engine.runtime.tools import Tools
from store.blobs import Blob
from store.errors import Conflict, LeaseLost, StoreError
from store.queues import Priority
from store.records.jobs import Job


class Prepared(NamedTuple):
    """What a chain will write, encoded, its large values durable; and the event that failed in memory, if one did."""

    effects: Effects
    unwritten: Unwritten | None


class Work:
    """Works on messages; `told` hears of jobs that advanced."""

    def __init__(self, tools: Tools, told: Callable[[Job], None]) -> None:
        self._tools = tools
        self._told = told

    async def deliver(self, claimed: Claimed, *, ahead: bool) -> Claimed | None:
        """Run the message's agents and settle it; returns the message it led to if that is leased already.

        Whatever goes wrong is this message's failure: its neighbours go on, and it is tried again or told as a dead letter.
        """
        tools = self._tools
        event = claimed.event
        try:
            # What computes holds the turn, decoding and encoding included: ten workers that a COMMIT wakes at once would hold the loop for their sum.
            await tools.turn.take(claimed.delivery.prio)
            try:
                if event is None:
                    event = self._hydrate(claimed)
                chain, prepared = await self._run(claimed, event, ahead=ahead)
            finally:
                tools.turn.give()
            return await self._settle(claimed, event, chain, prepared, ahead=ahead)
        except LeaseLost:
            tools.leases.let_go(claimed)
            return None
        except Exception as error:
            await self.fail(claimed, error, event)
            return None
        finally:
            if event is not None:
                tools.live.pop(event.doc_id, None)

    async def refuse(self, claimed: Claimed) -> None:
        """The process died over it too often."""
        event = None
        with suppress(InvalidPayload, StoreError):
            event = self._hydrate(claimed)
        await self.fail(claimed, Interrupted(), event)

    def _hydrate(self, claimed: Claimed) -> Event:
        tenant = None if claimed.document is None else claimed.document.tenant
        return messages.hydrate(claimed.delivery, self._tools.store.blobs, self._tools.registry, tenant)

    async def _run(self, claimed: Claimed, event: Event, *, ahead: bool, mistaken: bool = False) -> tuple[Chain, Prepared | None]:
        """Run agents; `None` if the first one failed."""
        tools = self._tools
        lookup = ChainLookup(
            tools.store, tools.turn, tools.reference, event.tenant, claimed.document,
            has_twins=claimed.has_twins, presume=not (mistaken or event.repeated),
        )  # fmt: skip
        chain = Chain(tools, event, lookup, claimed.delivery, ahead=ahead)
        await chain.run()
        return chain, await self._prepare(claimed, chain) if chain.hops else None

    async def _settle(self, claimed: Claimed, event: Event, chain: Chain, prepared: Prepared | None, *, ahead: bool) -> Claimed | None:
        tools = self._tools
        while prepared is not None:
            try:
                settled = await self._commit(claimed, prepared, chain.lookup)
            except Conflict:
                await tools.turn.take(claimed.delivery.prio)
                try:
                    chain, prepared = await self._run(claimed, event, ahead=ahead, mistaken=True)
                finally:
                    tools.turn.give()
                continue
            tools.trail.completed(chain.hops)
            if chain.failed is not None and prepared.unwritten is not None:
                tools.trail.failed(chain.failed, prepared.unwritten.failure, dead=prepared.unwritten.dead)
            for job in settled.jobs:
                self._told(job)
            if settled.following is None:
                return None
            return Claimed(settled.following, chain.lookup.document, chain.lookup.has_twins, chain.following(settled.following.run))
        assert chain.failed is not None
        await self.fail(claimed, chain.failed.error, event, chain.failed)
        return None

    async def _prepare(self, claimed: Claimed, chain: Chain) -> Prepared:
        tools = self._tools
        prio = claimed.delivery.prio
        encoded = await effects.prepare(
            chain.hops, chain.remaining, wall_ms=tools.clock.wall_ms(), prio=prio, queue_ids=tools.slots.ids, keep=self._keep
        )
        return Prepared(encoded, None if chain.failed is None else await self._unwritten(chain.failed, prio))

    async def _keep(self, content: bytes) -> Blob:
        return await self._tools.turn.aside(self._tools.persistence.outwait(lambda: self._tools.store.blobs.put(content)))

    async def _commit(self, claimed: Claimed, prepared: Prepared, lookup: ChainLookup) -> Settled:
        tools = self._tools
        drafts = prepared.effects.drafts
        hands = Hands(next(tools.tokens), tools.slots.of(drafts[0].queue).settings.lease_ms) if drafts else None
        operation = partial(
            settle.complete, claimed=claimed, effects=prepared.effects, lookup=lookup, moment=Moment(tools.clock.steady_ms(), tools.clock.wall_ms()),
            blobs=tools.store.blobs, unwritten=prepared.unwritten, hands=hands,
        )  # fmt: skip
        sending = prepared.effects.queues()
        tools.slots.begin_sending(sending)
        try:
            settled = await tools.persistence.write(operation, yielding=_nobody_waits(claimed))
        finally:
            tools.slots.end_sending(sending)
        tools.leases.let_go(claimed)
        if settled.following is not None:
            assert hands is not None
            tools.leases.hold(settled.following, hands.lease_ms)
        return settled

    async def _unwritten(self, failed: FailedHop, prio: int) -> Unwritten:
        tools = self._tools
        event, agent = failed.event, failed.agent
        emission = Emission(name=event.name, doc_id=event.doc_id, payload=event.payload, key=event.key)
        draft = await messages.draft(
            emission, trace=event.trace_id, run=event.run, prio=prio, wall_ms=tools.clock.wall_ms(),
            queues=tools.slots.ids, keep=self._keep, span=failed.parent,
        )  # fmt: skip
        delayed = draft._replace(delay_ms=policy.backoff_ms(tools.slots.of(draft.queue).settings, 0, tools.chance))
        dead = agent.spec.max_attempts <= 1
        return Unwritten(delayed, policy.failure_of(failed.error, agent.spec.id, failed.span), dead, agent.stage, event.name.value)

    async def fail(self, claimed: Claimed, error: BaseException, event: Event | None, hop: FailedHop | None = None) -> None:
        """Settle a message whose first agent failed, in `hop` if it got so far: again later, or dead."""
        tools = self._tools
        delivery = claimed.delivery
        agent = None if event is None else tools.registry[event.name]
        limit = 0 if agent is None or isinstance(error, (InvalidPayload, Interrupted)) else agent.spec.max_attempts
        delay = None
        if delivery.attempts + 1 < limit:
            delay = policy.backoff_ms(tools.slots.of(delivery.queue).settings, delivery.attempts, tools.chance)
        stage = "" if agent is None else agent.stage
        failure = policy.failure_of(error, stage, None if hop is None else hop.span)
        operation = partial(
            settle.fail, claimed=claimed, failure=failure, delay_ms=delay, stage=stage,
            moment=Moment(tools.clock.steady_ms(), tools.clock.wall_ms()), event="" if event is None else effects.step_name(event),
            planned=None if event is None else _planned(event),
        )  # fmt: skip
        try:
            for job in await tools.persistence.write(operation, yielding=_nobody_waits(claimed)):
                self._told(job)
        except LeaseLost:
            pass
        else:
            if hop is not None:
                tools.trail.failed(hop, failure, dead=delay is None)
            else:
                tools.trail.refused(delivery, failure, dead=delay is None)
        tools.leases.let_go(claimed)


def _nobody_waits(claimed: Claimed) -> bool:
    return claimed.delivery.prio >= Priority.LOW


def _planned(event: Event) -> Planned | None:
    if not isinstance(event.payload, PipelineRequested):
        return None
    return Planned(event.tenant, [document.doc_id for document in event.payload.documents])
