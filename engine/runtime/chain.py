"""One delivery, from claim to commit: hydrate, run agents ahead in memory, and hand over everything done so far as one commit.

Agents write nothing, so their effects need not be written hop by hop. The chain goes on to the next agent while the next event's queue is local,
not paused, not full and has nothing older waiting; it stops when `BUDGET_S` has passed since it began, when a hop was heavy or wants
a lock, or when something fails. A crash redoes at most hops that had no effect.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from engine.agents.context import SourceFacts
from engine.agents.outcome import Emission, Event, Outcome
from engine.errors import AgentCrashed, AgentError, AgentTimeout
from engine.extraction.result import Extraction
from engine.outside import iso
from engine.runtime.deadline import Deadline
from engine.runtime.effects import Hop, Pending
from engine.runtime.lane import Lane
from engine.runtime.lookups import ChainLookup
from engine.runtime.registry import Agent
from engine.runtime.tools import Tools
from store.queues import Delivery

#: Seconds after which a chain commits what it has.
BUDGET_S = 0.020


class ChainContext:
    """The context of one chain's agents."""

    def __init__(self, tools: Tools, lookup: ChainLookup) -> None:
        self.lookup = lookup
        self._tools = tools
        #: Of the hop under way.
        self.deadline = Deadline()
        #: An extraction left the loop: commit before going on.
        self.heavy = False

    @property
    def wall_ms(self) -> int:
        return self._tools.clock.wall_ms()

    @property
    def now(self) -> str:
        return iso(self._tools.clock.wall_ms())

    async def extract(self, source: SourceFacts) -> Extraction:
        extractor = self._tools.extractor
        if extractor.is_light(source):
            return await extractor.extract(source)
        self.heavy = True
        with self.deadline.paused():
            return await self._tools.turn.aside(extractor.extract(source))

    async def breathe(self) -> None:
        await self._tools.turn.breathe()


class FailedHop(NamedTuple):
    """An agent's run that failed; the fields are those of a hop."""

    event: Event
    agent: Agent
    error: AgentError
    started: int
    waited: int
    span: int
    parent: int | None
    link: int | None
    took: float


class Chain:
    """The hops done so far and what is left."""

    def __init__(self, tools: Tools, event: Event, lookup: ChainLookup, delivery: Delivery, *, ahead: bool) -> None:
        self._tools = tools
        self._context = ChainContext(tools, lookup)
        #: What its agents read.
        self.lookup = lookup
        self._delivery = delivery
        self._ahead = ahead
        self._pending: deque[Pending] = deque()
        self.event = event
        self.hops: list[Hop] = []
        #: What failed, if something did.
        self.failed: FailedHop | None = None

    @property
    def remaining(self) -> list[Pending]:
        """Emissions nobody has handled yet."""
        return list(self._pending)

    async def run(self) -> None:
        """Run ahead as far as it goes; the caller holds the turn. What happened stands in `hops`, `remaining` and `failed`."""
        tools, context, clock = self._tools, self._context, self._tools.clock
        began = clock.monotonic()
        event, agent, delivery = self.event, tools.registry[self.event.name], self._delivery
        waited, parent, link = max(0, clock.steady_ms() - delivery.created), delivery.parent, delivery.failed
        lane: Lane | None = None
        while True:
            started, at, span = clock.wall_ms(), clock.monotonic(), next(tools.spans)
            tools.live[event.doc_id] = agent.place
            context.deadline.begin(agent.patience)
            coroutine = agent.handle(event, context)
            try:
                try:
                    yielded = coroutine.send(None)
                except StopIteration as stop:
                    outcome: Outcome = stop.value
                else:
                    outcome = await context.deadline.keep(coroutine, yielded)
            except Exception as error:
                self.failed = FailedHop(event, agent, _failure(error, agent), started, waited, span, parent, link, clock.monotonic() - at)
                return
            finally:
                if lane is not None:
                    lane.leave()
            now = clock.monotonic()
            self.hops.append(Hop(event, agent, started, clock.wall_ms(), waited, outcome, span, parent, link, now - at))
            self.lookup.remember(outcome)
            for emission in outcome.events:
                self._pending.append(Pending(emission, event.run, span))
            if outcome.heavy or outcome.locks or context.heavy or not (self._ahead and self._pending):
                return
            if now - began >= BUDGET_S:
                return
            if tools.turn.is_due(now):
                await tools.turn.breathe()
            emission, run, parent = self._pending[0]
            agent = tools.registry[emission.name]
            lane = tools.slots.lanes[agent.queue]
            if emission.delay_ms or tools.slots.closed or not lane.passable:
                return
            self._pending.popleft()
            event, waited, self.lookup.ahead = self._event(emission, run, self.event.repeated), 0, True
            link = None
            # What a chain reached in memory takes a place in its queue too; the first hop has the place of its message.
            lane.passing += 1

    def following(self, run: int) -> Event:
        """The event of the first message that was sent, which has `run`: what was just made need not be decoded again."""
        return self._event(self._pending[0].emission, run, run > 0)

    def _event(self, emission: Emission, run: int, repeated: bool) -> Event:
        first = self.event
        return Event(
            name=emission.name, trace_id=first.trace_id, doc_id=emission.doc_id, payload=emission.payload, key=emission.key, tenant=first.tenant,
            run=run, repeated=repeated,
        )  # fmt: skip


def _failure(error: Exception, agent: Agent) -> AgentError:
    """What a hop failed of, in the engine's words."""
    if isinstance(error, AgentError):
        return error
    if isinstance(error, TimeoutError):
        return AgentTimeout(f"{agent.spec.name} made no progress within {agent.spec.timeout_ms} ms.")
    crashed = AgentCrashed(f"{type(error).__name__}: {error}")
    crashed.__cause__ = error
    return crashed
