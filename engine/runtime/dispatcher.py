"""The dispatcher: claims what is ready up to each queue's free slots, runs it as chains, and settles it.

One feeder a queue sleeps until a COMMIT says there is something ready; a worker that settles a message claims the next head of line in the
same transaction. Nothing polls: delayed messages wake a timer.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from engine.agents.outcome import Emission, Event
from engine.contract.events import QUEUE_OF, EventName, QueueName
from engine.errors import Interrupted, InvalidPayload
from engine.outside import Outside
from engine.runtime import effects, messages, policy, settle
from engine.runtime.chain import Chain
from engine.runtime.extractor import Extractor
from engine.runtime.lookups import ChainLookup
from engine.runtime.reference import Reference
from engine.runtime.registry import Agent, Registry
from engine.runtime.settle import Claimed, Moment, Settled, Unwritten
from engine.runtime.turn import Turn
from store import queues
from store.errors import Busy, Conflict, DiskFull, LeaseLost, StoreError, Unwritable
from store.queues import Queue, State
from store.records.jobs import Job
from store.store import Store
from store.transaction import Transaction
from store.writer import Committed

T = TypeVar("T")

#: Seconds between two tries to commit while the disk is full or cannot be written.
STALL_S = 1.0
#: Messages at work at once in a queue, where the store does not say otherwise.
LIGHT_CONCURRENCY = 16


class Dispatcher:
    """Runs between `start` and `stop`."""

    def __init__(self, store: Store, outside: Outside, registry: Registry, extractor: Extractor, *, run_ahead: bool = True) -> None:
        self.store = store
        self.clock = outside.clock
        self.registry = registry
        self.extractor = extractor
        self.turn = Turn(outside.clock.monotonic)
        self.reference = Reference(store, extractor.extract)
        #: Documents being worked on right now, and the cell of the pipeline they are at.
        self.live: dict[str, int] = {}
        #: Called on the loop with jobs whose documents are all terminal.
        self.on_job_end: Callable[[Job], None] = lambda job: None
        #: Why commits wait, while they do.
        self.stalled: StoreError | None = None
        self._chance = outside.chance
        self._run_ahead = run_ahead
        self._queues: dict[str, Queue] = {}
        self._by_id: dict[int, Queue] = {}
        self._ids: dict[str, int] = {}
        self._ready: dict[str, asyncio.Event] = {}
        self._inflight: Counter[str] = Counter()
        self._sending: Counter[str] = Counter()
        self._tokens = itertools.count(1)
        self._feeders: list[asyncio.Task[None]] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._alone = asyncio.Lock()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._stopping = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: int | None = None

    async def start(self) -> None:
        """Make sure the queues exist, then begin to claim."""
        await self.store.write(_ensure_queues)
        await self._load_queues()
        self.store.writer.listen(self._on_commit)
        for name in self._queues:
            self._ready[name] = asyncio.Event()
            self._ready[name].set()
            self._feeders.append(asyncio.ensure_future(self._feed(name)))
        self._arm(await self.store.read(queues.next_due))

    async def stop(self, grace_s: float = 10.0) -> None:
        """Claim nothing more, let chains finish for `grace_s` seconds, then give the rest back uncounted."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        for feeder in self._feeders:
            feeder.cancel()
        await asyncio.gather(*self._feeders, return_exceptions=True)
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace_s)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    @property
    def stopping(self) -> bool:
        """Whether nothing more is claimed."""
        return self._stopping

    @property
    def working(self) -> int:
        """Chains at work."""
        return len(self._workers)

    # What chains ask ------------------------------------------------------------------------------

    def passable(self, name: QueueName) -> bool:
        """Whether a chain may run ahead through a queue: not paused, not full, nothing older waiting."""
        queue = self._queues[name.value]
        return (
            not queue.paused
            and not self._stopping
            and self._inflight[queue.name] < queue.concurrency
            and not self._sending[queue.name]
            and not self.store.counters[queues.counter(queue.id, State.READY)]
        )

    def enter(self, event: EventName) -> None:
        """A chain occupies a slot of the event's queue."""
        self._inflight[QUEUE_OF[event].value] += 1

    def leave(self, event: EventName) -> None:
        """A chain frees that slot."""
        name = QUEUE_OF[event].value
        self._inflight[name] -= 1
        self._ready[name].set()

    def deadline_s(self, agent: Agent) -> float:
        """Seconds an attempt may take."""
        return agent.spec.timeout_ms / 1000

    # Claiming -------------------------------------------------------------------------------------

    async def _feed(self, name: str) -> None:
        ready = self._ready[name]
        while True:
            await ready.wait()
            ready.clear()
            while (free := self._free(name)) > 0:
                queue = self._queues[name]
                self._inflight[name] += free
                claimed: list[Claimed] = []
                try:
                    claim = partial(self._claim, queue=queue, count=free)
                    claimed = await self._persist(lambda: claim)
                finally:
                    self._inflight[name] -= free - len(claimed)
                for one in claimed:
                    worker = asyncio.ensure_future(self._work(name, one))
                    self._workers.add(worker)
                    worker.add_done_callback(self._workers.discard)
                if len(claimed) < free:
                    break

    def _free(self, name: str) -> int:
        queue = self._queues[name]
        if queue.paused or self._stopping or not self._quiet.is_set():
            return 0
        waiting = self.store.counters[queues.counter(queue.id, State.READY)]
        return min(queue.concurrency - self._inflight[name], queue.batch, waiting)

    def _claim(self, tx: Transaction, *, queue: Queue, count: int) -> list[Claimed]:
        return settle.claim(tx, self.clock.steady_ms(), queue.id, count, next(self._tokens), queue.lease_ms)

    async def _work(self, name: str, claimed: Claimed) -> None:
        current: Claimed | None = claimed
        try:
            while current is not None:
                current = await self._deliver(name, current)
        finally:
            self._inflight[name] -= 1
            self._ready[name].set()

    async def _deliver(self, name: str, claimed: Claimed) -> Claimed | None:
        """Work on one message; returns the next one of the queue if it was claimed along."""
        delivery = claimed.delivery
        interrupted = policy.interruptions(delivery)
        if interrupted > policy.MOST_INTERRUPTIONS:
            return await self._fail(name, claimed, Interrupted(), None)
        if interrupted == policy.MOST_INTERRUPTIONS:
            return await self._deliver_alone(name, claimed)
        return await self._run(name, claimed, ahead=self._run_ahead and not interrupted)

    async def _deliver_alone(self, name: str, claimed: Claimed) -> Claimed | None:
        """A document that took the process down again and again runs with nobody beside it."""
        async with self._alone:
            self._quiet.clear()
            try:
                while self.working > 1:
                    await asyncio.sleep(0.01)
                await self._run(name, claimed, ahead=False)
            finally:
                self._quiet.set()
                for ready in self._ready.values():
                    ready.set()
        return None

    # One message ----------------------------------------------------------------------------------

    async def _run(self, name: str, claimed: Claimed, *, ahead: bool) -> Claimed | None:
        delivery = claimed.delivery
        document = claimed.document
        event: Event | None = None
        mistaken = False
        try:
            while True:
                try:
                    event = messages.hydrate(
                        delivery, self.store.blobs, self.registry, None if document is None else document.tenant
                    )
                except InvalidPayload as error:
                    return await self._fail(name, claimed, error, None)
                lookup = ChainLookup(
                    self.store, self.turn, self.reference, event.tenant, document,
                    has_twins=claimed.has_twins, presume=not (mistaken or event.repeated),
                )  # fmt: skip
                waited = max(0, self.clock.steady_ms() - delivery.created)
                chain = Chain(self, event, lookup, waited, ahead=ahead)
                await chain.run()
                if not chain.hops:
                    assert chain.failed is not None
                    return await self._fail(name, claimed, chain.failed[1], event)
                try:
                    settled = await self._commit(name, claimed, chain, lookup)
                except Conflict:
                    mistaken = True
                    continue
                except LeaseLost:
                    return None
                for job in settled.jobs:
                    self._ended(job)
                return settled.next
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(claimed))
            raise
        except Exception as error:
            # Whatever it is, it is this message's failure: its neighbours go on, and it is tried again or told as a dead letter.
            return await self._fail(name, claimed, error, event)
        finally:
            if event is not None:
                self.live.pop(event.doc_id, None)

    async def _commit(self, name: str, claimed: Claimed, chain: Chain, lookup: ChainLookup) -> Settled:
        delivery = claimed.delivery
        prepared = await effects.prepare(
            chain.hops, chain.remaining, wall_ms=self.clock.wall_ms(), prio=delivery.prio, queue_ids=self._ids, blobs=self.store.blobs
        )
        unwritten = None if chain.failed is None else await self._unwritten(chain, delivery.prio)
        moment = Moment(self.clock.steady_ms(), self.clock.wall_ms())
        sent = [self._by_id[draft.queue].name for draft in prepared.drafts]
        self._sending.update(sent)

        def operation(tx: Transaction, *, follow: Queue | None) -> Settled:
            jobs = settle.complete(tx, claimed, prepared, lookup, moment, self.store.blobs, unwritten)
            following = [] if follow is None else self._claim(tx, queue=follow, count=1)
            return Settled(following[0] if following else None, jobs)

        try:
            return await self._persist(lambda: partial(operation, follow=self._follow(name)))
        finally:
            self._sending.subtract(sent)

    def _follow(self, name: str) -> Queue | None:
        """The queue to claim the next message from, unless the worker should end here."""
        queue = self._queues[name]
        if self._stopping or queue.paused or not self._quiet.is_set() or self._inflight[name] > queue.concurrency:
            return None
        return queue

    async def _unwritten(self, chain: Chain, prio: int) -> Unwritten:
        assert chain.failed is not None
        event, error = chain.failed
        agent = self.registry[event.name]
        dead = agent.spec.max_attempts <= 1
        emission = Emission(name=event.name, doc_id=event.doc_id, payload=event.payload, key=event.key)
        draft = await messages.draft(
            emission, trace=event.trace_id, run=event.run, prio=prio, wall_ms=self.clock.wall_ms(), queues=self._ids, blobs=self.store.blobs
        )
        queue = self._by_id[draft.queue]
        delayed = draft._replace(delay_ms=policy.backoff_ms(queue, 0, self._chance))
        return Unwritten(delayed, policy.failure_of(error, agent.spec.id), dead, agent.stage, event.name.value)

    async def _fail(self, name: str, claimed: Claimed, error: BaseException, event: Event | None) -> Claimed | None:
        delivery = claimed.delivery
        agent = None if event is None else self.registry[event.name]
        limit = 0 if agent is None or isinstance(error, (InvalidPayload, Interrupted)) else agent.spec.max_attempts
        delay = None
        if delivery.attempts + 1 < limit:
            delay = policy.backoff_ms(self._queues[name], delivery.attempts, self._chance)
        stage = "" if agent is None else agent.stage
        failure = policy.failure_of(error, stage)
        moment = Moment(self.clock.steady_ms(), self.clock.wall_ms())
        told = "" if event is None else event.name.value

        def operation(tx: Transaction) -> list[Job]:
            return settle.fail(tx, claimed, failure, moment, delay_ms=delay, stage=stage, event=told)

        try:
            for job in await self._persist(lambda: operation):
                self._ended(job)
        except LeaseLost:
            pass
        return None

    async def _give_back(self, claimed: Claimed) -> None:
        try:
            await self.store.write(lambda tx: queues.give_back(tx, claimed.delivery))
        except StoreError:
            # The lease ends by itself, and boot clears it: the message is safe either way.
            return

    async def _persist(self, make: Callable[[], Callable[[Transaction], T]]) -> T:
        """Commit; while the disk is full, busy or unwritable, wait and try again instead of losing finished work."""
        while True:
            try:
                result = await self.store.write(make())
            except (DiskFull, Unwritable, Busy) as error:
                self.stalled = error
                await asyncio.sleep(STALL_S)
                continue
            self.stalled = None
            return result

    def _ended(self, job: Job) -> None:
        if not job.open and job.finished >= job.total:
            self.on_job_end(job)

    # Waking ---------------------------------------------------------------------------------------

    def _on_commit(self, committed: Committed) -> None:
        for queue in committed.woken:
            known = self._by_id.get(queue)
            if known is not None:
                self._ready[known.name].set()
        if committed.due is not None:
            self._arm(committed.due)
        if "queue_settings" in committed.topics:
            asyncio.ensure_future(self._load_queues())

    async def _load_queues(self) -> None:
        everyone = await self.store.read(queues.everyone)
        self._by_id = {queue.id: queue for queue in everyone}
        self._queues = {queue.name: queue for queue in everyone if queue.dlq is not None}
        self._ids = {queue.name: queue.id for queue in everyone}
        for ready in self._ready.values():
            ready.set()

    def _arm(self, due: int | None) -> None:
        """Wake when the next delayed message is due."""
        if due is None or self._stopping or (self._timer_due is not None and self._timer_due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        delay = max(0, due - self.clock.steady_ms()) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay, lambda: asyncio.ensure_future(self._promote()))

    async def _promote(self) -> None:
        self._timer = self._timer_due = None
        now = self.clock.steady_ms()
        promoted = await self._persist(lambda: lambda tx: queues.promote(tx, now))
        del promoted
        self._arm(await self.store.read(queues.next_due))


def _ensure_queues(tx: Transaction) -> None:
    for name in QueueName:
        queues.ensure(tx, name.value, LIGHT_CONCURRENCY)
