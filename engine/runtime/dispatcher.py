"""The dispatcher: claims what is ready up to each queue's free slots and lets it be worked on.

One feeder a queue sleeps until a COMMIT says there is something ready; a worker that settles a message claims the next head of line in the
same transaction. Nothing polls: delayed messages wake a timer.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping
from functools import partial

from engine.outside import Outside
from engine.runtime import policy, settle
from engine.runtime.alarm import Alarm
from engine.runtime.extractor import Extractor
from engine.runtime.leases import Leases
from engine.runtime.persistence import STALL_S, Persistence
from engine.runtime.reference import Reference
from engine.runtime.registry import Registry
from engine.runtime.settle import Claimed
from engine.runtime.slots import Slots, ensure_queues
from engine.runtime.tools import Tools
from engine.runtime.turn import Turn
from engine.runtime.work import Work
from store import queues
from store.errors import Busy, DiskFull, StoreError, Unwritable
from store.queues import Queue
from store.records.jobs import Job
from store.store import Store
from store.transaction import Transaction
from store.writer import Committed


class Dispatcher:
    """Runs between `start` and `stop`."""

    def __init__(self, store: Store, outside: Outside, registry: Registry, extractor: Extractor, *, run_ahead: bool = True) -> None:
        self.store = store
        self.clock = outside.clock
        #: Called on the loop with jobs whose documents are all terminal.
        self.on_job_end: Callable[[Job], None] = _nobody_listens
        self._run_ahead = run_ahead
        self._slots = Slots(store)
        self._persistence = Persistence(store, DiskFull, Unwritable, Busy)
        self._leases = Leases(store, outside.clock)
        self._alarm = Alarm(outside.clock, self._persistence)
        self._tools = Tools(
            store=store, clock=outside.clock, chance=outside.chance, registry=registry, extractor=extractor,
            reference=Reference(store, extractor.extract), turn=Turn(outside.clock.monotonic),
            slots=self._slots, leases=self._leases, persistence=self._persistence,
        )  # fmt: skip
        self._tokens = itertools.count(1)
        self._feeders: list[asyncio.Task[None]] = []
        self._workers: dict[asyncio.Task[None], None] = {}
        self._alone = asyncio.Lock()
        self._standing_by = 0
        self._claiming = 0
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Make sure the queues exist, then begin to claim."""
        await self._persistence.write(ensure_queues)
        await self._slots.load()
        self.store.writer.listen(self._on_commit)
        for name in self._slots.names:
            self._feeders.append(self._watched(self._feed(name)))
        self._alarm.arm(await self.store.read(queues.next_due))

    async def stop(self, grace_s: float = 10.0) -> None:
        """Claim nothing more, let chains finish for `grace_s` seconds, then give the rest back uncounted."""
        await self._slots.close()
        await self._alarm.stop()
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace_s)
        self._persistence.give_up()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._feeders, *self._workers, return_exceptions=True)
        await self._leases.give_back()

    @property
    def stopping(self) -> bool:
        """Whether nothing more is claimed."""
        return self._slots.closed

    @property
    def working(self) -> int:
        """Messages at work."""
        return len(self._workers)

    @property
    def live(self) -> Mapping[str, int]:
        """Documents being worked on right now, and the cell of the pipeline they are at."""
        return self._tools.live

    @property
    def stalled(self) -> StoreError | None:
        """Why commits wait, while they do."""
        return self._persistence.stalled

    # Claiming -------------------------------------------------------------------------------------

    async def _feed(self, name: str) -> None:
        bell = self._slots.bell(name)
        while not self._slots.closed:
            await bell.wait()
            bell.clear()
            while (free := self._slots.free(name)) > 0:
                if await self._begin(name, free) < free:
                    break

    async def _begin(self, name: str, free: int) -> int:
        """Claim up to `free` messages and set workers to them. Returns how many there were."""
        queue = self._slots.queue(name)
        claimed: list[Claimed] = []
        self._slots.occupy(name, free)
        self._claiming += 1
        try:
            claimed = await self._persistence.write(partial(self._claim, queue=queue, count=free))
        except StoreError:
            # Nothing was claimed. The disk is outwaited before it gets here; for the rest another try is all there is.
            await asyncio.sleep(STALL_S)
        finally:
            self._claiming -= 1
            self._slots.release(name, free - len(claimed))
        self._leases.hold(claimed, queue.lease_ms)
        if self._slots.closed:
            return 0
        for one in claimed:
            self._workers[self._watched(self._work(name, one))] = None
        return len(claimed)

    def _claim(self, tx: Transaction, queue: Queue, count: int) -> list[Claimed]:
        return settle.claim(tx, self.clock.steady_ms(), queue.id, count, next(self._tokens), queue.lease_ms)

    async def _work(self, name: str, claimed: Claimed) -> None:
        current: Claimed | None = claimed
        work = Work(self._tools, name, self._claim, self._ended)
        try:
            while current is not None:
                current = await self._deliver(work, current)
        except Exception as error:
            # Not even the failure could be written. The lease ends by itself, and the message is delivered again.
            assert current is not None
            self._leases.let_go(current)
            self._alarm.arm(self.clock.steady_ms() + self._slots.queue(name).lease_ms)
            if not (self._slots.closed and isinstance(error, StoreError)):
                raise
        finally:
            self._slots.release(name)

    async def _deliver(self, work: Work, claimed: Claimed) -> Claimed | None:
        """Work on one message; returns the next one of the queue if it was claimed along."""
        delivery = claimed.delivery
        interrupted = policy.interruptions(delivery)
        if interrupted > policy.MOST_INTERRUPTIONS:
            await work.refuse(claimed)
            return None
        if interrupted == policy.MOST_INTERRUPTIONS:
            await self._deliver_alone(work, claimed)
            return None
        # What failed or was cut off goes hop by hop, so that the next failure names its own hop.
        return await work.deliver(claimed, ahead=self._run_ahead and not interrupted and not delivery.attempts)

    async def _deliver_alone(self, work: Work, claimed: Claimed) -> None:
        """A document that took the process down again and again runs with nobody beside it."""
        self._standing_by += 1
        self._changed.set()
        try:
            await self._alone.acquire()
        finally:
            self._standing_by -= 1
        self._slots.quiet = True
        try:
            while self._claiming or self.working > 1 + self._standing_by:
                self._changed.clear()
                await self._changed.wait()
            await work.deliver(claimed, ahead=False)
        finally:
            self._slots.quiet = False
            self._alone.release()
            self._slots.ring()

    # What happens elsewhere -----------------------------------------------------------------------

    def _ended(self, job: Job) -> None:
        if not job.open and job.finished >= job.total:
            self.on_job_end(job)

    def _on_commit(self, committed: Committed) -> None:
        self._slots.on_commit(committed)
        self._alarm.arm(committed.due)

    def _watched(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(coroutine)
        task.add_done_callback(self._on_task_end)
        return task

    def _on_task_end(self, task: asyncio.Task[None]) -> None:
        self._workers.pop(task, None)
        self._changed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "A task of the dispatcher failed.", "exception": error, "task": task}
            asyncio.get_running_loop().call_exception_handler(context)


def _nobody_listens(job: Job) -> None:
    """Until somebody does."""
