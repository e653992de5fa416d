"""The timers: sweep and promotion every second, the room on the disk every 5 s, blobs every 15 s, locks every 20 s, retention and the bin every minute.

APScheduler with its memory store: nothing here needs to survive a restart. A run that was missed, overlapped or failed is remembered, also in
the database, so that every face can show it; the one-second default grace would drop runs in silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.facade.state import INCIDENTS, LAST_SWEEP
from engine.intake import expiry
from engine.intake.requeue import LOCK_MS
from store import bin, kv, locks, queues, sweep
from store.collection import Collector
from store.errors import StoreError
from store.kv import Namespace
from store.records.jobs import Job
from store.space import Space
from store.store import Store
from store.transaction import Transaction

JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
#: Documents' locks live 60 s; renewing them three times in that span survives two missed runs.
LOCK_RENEWAL_S = 20
#: One folder of blobs a step, 256 of them: once round takes about an hour.
COLLECTION_S = 15
#: Between two looks at the free space; intake looks by itself with every file.
SPACE_S = 5
EVENTS = {EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "overlapped", EVENT_JOB_ERROR: "failed"}
#: Bites of free pages given back in one run, of 256 pages or 1 MB each.
MOST_BITES = 100
#: Incidents kept, and for how long.
MOST_INCIDENTS = 100
KEPT_MS = 7 * 24 * 3600 * 1000

# What the scheduler would log is an incident here; without a handler Python writes it to stderr, which is the terminal UI's screen.
logging.getLogger("apscheduler").addHandler(logging.NullHandler())


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A run that did not go as planned: `what` is missed, overlapped or failed."""

    job: str
    what: str
    error: str | None
    at_ms: int


class Housekeeping:
    """Runs between `start` and `stop`. `space` is where the store lies; without it the disk is left alone."""

    def __init__(self, store: Store, space: Space | None = None) -> None:
        self._store = store
        self._space = space
        self._scheduler = AsyncIOScheduler(job_defaults=JOB_DEFAULTS, timezone="UTC")
        self._collector = Collector(store)
        self._running: set[asyncio.Task[None]] = set()
        self._writing: asyncio.Task[None] | None = None
        self._unwritten = False
        self._swept = 0
        #: Called with jobs that ended because what they waited for has expired.
        self.on_job_end: Callable[[Job], None] = _nobody_listens
        #: The last runs that were missed, overlapped or failed.
        self.incidents: deque[Incident] = deque(maxlen=MOST_INCIDENTS)

    def start(self) -> None:
        """Arm the timers."""
        self._scheduler.add_listener(self._note, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
        for seconds, job in self._jobs():
            self._scheduler.add_job(self._tracked(job), "interval", seconds=seconds, id=job.__name__)
        self._scheduler.start()

    async def stop(self) -> None:
        """Disarm, and let runs under way end: each is a few short transactions."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        while waiting := {task for task in (*self._running, self._writing) if task is not None and not task.done()}:
            await asyncio.wait(waiting)
        # A run that was about to begin is cancelled, which is no incident.
        self._scheduler.remove_listener(self._note)
        self._scheduler.shutdown(wait=False)

    def _jobs(self) -> tuple[tuple[int, Callable[[], Awaitable[Any]]], ...]:
        return (
            (1, self.sweep_all),
            (1, self.promote),
            (SPACE_S, self.mind_space),
            (COLLECTION_S, self.collect),
            (LOCK_RENEWAL_S, self.renew_locks),
            (60, self.retain),
        )

    def _tracked(self, job: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[None]]:
        """The scheduler cancels what runs when it is shut down; what is known here is waited for."""

        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            try:
                await job()
            finally:
                self._running.discard(task)

        return run

    async def sweep_all(self) -> None:
        """Sweep what has expired; go on while there is more, one bite a turn of the writer."""
        while await self.sweep():
            pass

    async def sweep(self) -> bool:
        """One bite. True if there is more; at the end it is noted how many keys went."""
        before = self._store.counters["expired"]
        more = await self._store.sweep()
        self._swept += self._store.counters["expired"] - before
        if self._swept and not more:
            told = msgspec.json.encode({"at_ms": self._store.clock.wall_ms(), "removed": self._swept})
            self._swept = 0
            await self._store.write(lambda tx: kv.put(tx, Namespace.LOCAL, LAST_SWEEP, told))
        return more

    async def promote(self) -> None:
        """Make due messages ready; the dispatcher's own timer is faster, this one is sure."""
        due = await self._store.read(queues.next_due)
        now = self._store.clock.steady_ms()
        if due is None or due > now:
            return
        while await self._store.write(lambda tx: queues.promote(tx, now)):
            pass

    async def mind_space(self) -> None:
        """Release the ballast on a nearly full disk, whoever filled it; make it, or make it again, where there is ample room."""
        if self._space is not None and not self._space.relieve().low:
            await self._store.aside(self._space.hold)

    async def renew_locks(self) -> None:
        """Hold on to the documents of every trace that is still at work."""
        wall = self._store.clock.wall_ms()
        await self._store.write(lambda tx: locks.renew_live(tx, wall, LOCK_MS))

    async def retain(self) -> None:
        """Old messages to the dead letters, the bin's oldest away, free pages back to the disk."""
        now, wall = self._store.clock.steady_ms(), self._store.clock.wall_ms()
        retired = await self._store.write(lambda tx: expiry.expire(tx, now, wall, sweep.BATCH, self._store.blobs))
        for job in retired.jobs:
            if not job.open and job.finished >= job.total:
                self.on_job_end(job)
        await self._store.write(lambda tx: bin.empty(tx, now, sweep.BATCH))
        # After a large deletion a bite a minute would take hours; each is a turn of its own.
        for _ in range(MOST_BITES):
            if not await self._store.write(sweep.vacuum):
                break

    async def collect(self) -> None:
        """Blobs of one folder that nothing names go to the trash; what lay there for an hour goes away."""
        await self._collector.step()

    def _note(self, event: Any) -> None:
        error = getattr(event, "exception", None)
        told = None if error is None else f"{type(error).__name__}: {error}"
        self.incidents.append(Incident(job=event.job_id, what=EVENTS[event.code], error=told, at_ms=self._store.clock.wall_ms()))
        self._unwritten = True
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write_incidents())

    async def _write_incidents(self) -> None:
        # A database that cannot be written is an incident itself: then memory is all there is.
        with suppress(StoreError):
            while self._unwritten:
                self._unwritten = False
                await self._store.write(self._put_incidents)

    def _put_incidents(self, tx: Transaction) -> None:
        body = msgspec.json.encode(list(self.incidents))
        kv.put(tx, Namespace.LOCAL, INCIDENTS, body, expires=self._store.clock.wall_ms() + KEPT_MS)


def _nobody_listens(job: Job) -> None:
    """Until someone does."""
