"""The dispatcher: takes ready messages into work up to each queue's free places.

It claims inside the transactions of others: whatever COMMIT makes a message ready also leases it, if there is a place. Only where a place becomes
free in front of waiting messages and nobody is writing does it ask for a transaction of its own. Nothing polls: delayed messages wake a timer.
One worker carries a document from message to message as long as it can, then ends.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress

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
from engine.runtime.trail import Trail
from engine.runtime.turn import Turn
from engine.runtime.work import Work
from engine.telemetry.journal import Journal
from engine.telemetry.timings import Timings
from store import handover, queues
from store.batch import Committed
from store.errors import Busy, DiskFull, StoreError, Unwritable
from store.records.jobs import Job
from store.store import Store
from store.transaction import Transaction


class Dispatcher:
    """Runs between `start` and `stop`; the claimant of the store's writer."""

    def __init__(
        self, store: Store, outside: Outside, registry: Registry, extractor: Extractor, *, trail: Trail | None = None, run_ahead: bool = True
    ) -> None:
        self.store = store
        self.clock = outside.clock
        #: Called on the loop with jobs whose documents are all terminal.
        self.on_job_end: Callable[[Job], None] = _nobody_listens
        self._run_ahead = run_ahead
        self._slots = Slots(store, self._ask)
        self._persistence = Persistence(store, DiskFull, Unwritable, Busy)
        self._leases = Leases(store, outside.clock)
        self._alarm = Alarm(outside.clock, self._persistence)
        self._tools = Tools(
            store=store, clock=outside.clock, chance=outside.chance, registry=registry, extractor=extractor,
            reference=Reference(store, extractor.extract), turn=Turn(outside.clock.monotonic),
            slots=self._slots, leases=self._leases, persistence=self._persistence, tokens=itertools.count(1),
            spans=itertools.count(outside.chance.getrandbits(62)), trail=trail or Trail(Journal(outside.clock.wall_ms), Timings()),
        )  # fmt: skip
        self._work = Work(self._tools, self._ended)
        self._workers: set[asyncio.Task[None]] = set()
        self._alone = asyncio.Lock()
        self._standing_by = 0
        #: Works on a message that was interrupted before.
        self._suspect: asyncio.Task[None] | None = None
        self._asked = False
        self._arrived = False
        self._unclaimed: StoreError | None = None
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Make sure the queues exist, then begin to claim."""
        await self._persistence.write(ensure_queues)
        self.store.writer.listen(self._on_commit)
        self.store.writer.claimant = self
        await self._slots.load()
        self._alarm.arm(await self.store.read(queues.next_due))

    async def stop(self, grace_s: float = 10.0) -> None:
        """Claim nothing more, let chains finish for `grace_s` seconds, then give the rest back uncounted."""
        await self._slots.close()
        await self._alarm.stop()
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace_s)
        # Whatever a transaction under way still leases is known behind this one, and held by whoever gives it back.
        with suppress(StoreError):
            await self.store.write(_only_claims)
        self._persistence.give_up()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self.store.writer.claimant is self:
            self.store.writer.claimant = None
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
        return self._persistence.stalled or self._unclaimed

    # Claiming -------------------------------------------------------------------------------------

    def offer(self) -> Mapping[int, int]:
        """Free places for the transaction that begins now."""
        self._asked = False
        return self._slots.offer()

    def claim(self, tx: Transaction) -> list[Claimed]:
        """Lease what waits for the places that are left.

        Of messages whose worker died with the process one is at work at a time. Sixteen of them would all be blamed for the next death, and after
        some deaths soon after the start, of whatever cause, be given up though each is innocent.
        """
        claimed: list[Claimed] = []
        now = self.clock.steady_ms()
        suspects = 0 if self._suspect is not None else 1
        for queue in tx.offered:
            if tx.counted(queues.counter(queue, queues.State.READY)) > 0 and (free := handover.places(tx, queue)) > 0:
                settings = self._slots.of(queue).settings
                some = settle.claim(tx, now, queue, min(free, settings.batch), next(self._tools.tokens), settings.lease_ms, suspects)
                if any(policy.interruptions(one.delivery) for one in some):
                    suspects = 0
                claimed += some
        return claimed

    def took(self, claimed: list[Claimed]) -> None:
        """Set workers to what was claimed."""
        self._slots.end_offer()
        self._unclaimed = None
        self._changed.set()
        for one in claimed:
            self._leases.hold(one.delivery, self._slots.of(one.delivery.queue).settings.lease_ms)
            if not self._slots.closed:
                worker = self._employ(one)
                if policy.interruptions(one.delivery):
                    self._suspect = worker
        # A transaction that led to nothing new is no reason for another.
        if claimed or self._arrived:
            self._ask()

    def withdrew(self, error: Exception) -> None:
        """Nothing was claimed, because of the disk or because of what stands in the database: another try is all there is."""
        self._slots.end_offer()
        self._changed.set()
        self._unclaimed = error if isinstance(error, StoreError) else None
        if not self._slots.closed:
            asyncio.get_running_loop().call_later(STALL_S, self._ask)

    def _ask(self) -> None:
        """Have a transaction begin if there is something to claim in it."""
        if not self._asked and self._slots.claimable:
            self._asked = True
            self.store.writer.submit(_only_claims).add_done_callback(asyncio.Future.exception)

    def _employ(self, claimed: Claimed) -> asyncio.Task[None]:
        worker = asyncio.get_running_loop().create_task(self._carry(claimed))
        self._workers.add(worker)
        worker.add_done_callback(self._on_worker_end)
        return worker

    # Working --------------------------------------------------------------------------------------

    async def _carry(self, claimed: Claimed) -> None:
        """From message to message, as long as the next one can be worked on at once."""
        current: Claimed | None = claimed
        try:
            while current is not None:
                current = await self._deliver(current)
        except Exception as error:
            # Not even the failure could be written. The lease ends by itself, and the message is delivered again.
            assert current is not None
            self._leases.let_go(current)
            self._alarm.arm(self.clock.steady_ms() + self._slots.of(current.delivery.queue).settings.lease_ms)
            if not (self._slots.closed and isinstance(error, StoreError)):
                raise

    async def _deliver(self, claimed: Claimed) -> Claimed | None:
        """Work on one message; returns the one it led to if that can be worked on at once."""
        delivery = claimed.delivery
        interrupted = policy.interruptions(delivery)
        if interrupted > policy.MOST_INTERRUPTIONS:
            await self._work.refuse(claimed)
            return None
        if interrupted == policy.MOST_INTERRUPTIONS:
            await self._deliver_alone(claimed)
            return None
        # What failed or was cut off goes hop by hop, so that the next failure names its own hop.
        return await self._work.deliver(claimed, ahead=self._run_ahead and not interrupted and not delivery.attempts)

    async def _deliver_alone(self, claimed: Claimed) -> None:
        """A document that took the process down again and again runs with nobody beside it."""
        self._standing_by += 1
        self._changed.set()
        try:
            await self._alone.acquire()
        finally:
            self._standing_by -= 1
        self._slots.quiet = True
        try:
            while self._slots.offering or self.working > 1 + self._standing_by:
                self._changed.clear()
                await self._changed.wait()
            await self._work.deliver(claimed, ahead=False)
        finally:
            self._slots.quiet = False
            self._alone.release()
            self._ask()

    # What happens elsewhere -----------------------------------------------------------------------

    def _ended(self, job: Job) -> None:
        if not job.open and job.finished >= job.total:
            self.on_job_end(job)

    def _on_commit(self, committed: Committed) -> None:
        self._slots.on_commit(committed)
        self._arrived = self._slots.fills(committed.deltas)
        self._alarm.arm(committed.due)

    def _on_worker_end(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self._changed.set()
        if worker is self._suspect:
            self._suspect = None
            self._ask()
        if not worker.cancelled() and (error := worker.exception()) is not None:
            context = {"message": "A task of the dispatcher failed.", "exception": error, "task": worker}
            asyncio.get_running_loop().call_exception_handler(context)


def _only_claims(tx: Transaction) -> None:
    """An operation that does nothing: the transaction is wanted for the claims at its end."""


def _nobody_listens(job: Job) -> None:
    """Until somebody does."""
