"""The timers: sweep and promotion every second, locks every 20 s, retention and the bin every minute, files every hour.

APScheduler with its memory store: nothing here needs to survive a restart. A run that was missed, overlapped or failed is remembered and shown,
for the one-second default grace would drop runs in silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.intake.requeue import LOCK_MS
from store import bin, locks, queues, sweep
from store.store import Store

JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
#: Documents' locks live 60 s; renewing them three times in that span survives two missed runs.
LOCK_RENEWAL_S = 20
EVENTS = {EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "overlapped", EVENT_JOB_ERROR: "failed"}


class Incident(NamedTuple):
    """A run that did not go as planned."""

    job: str
    what: str
    error: str | None


class Housekeeping:
    """Runs between `start` and `stop`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scheduler = AsyncIOScheduler(job_defaults=JOB_DEFAULTS, timezone="UTC")
        #: The last runs that were missed, overlapped or failed.
        self.incidents: deque[Incident] = deque(maxlen=100)
        #: Steady time of the last sweep, for the check that the scheduler is alive.
        self.last_sweep_ms: int | None = None

    def start(self) -> None:
        """Arm the timers."""
        self._scheduler.add_listener(self._note, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
        for seconds, job in self._jobs():
            self._scheduler.add_job(job, "interval", seconds=seconds, id=job.__name__)
        self._scheduler.start()

    def stop(self) -> None:
        """Disarm; a run under way is one short transaction and ends by itself."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _jobs(self) -> tuple[tuple[int, Callable[[], Awaitable[Any]]], ...]:
        return (
            (1, self.sweep_all),
            (1, self.promote),
            (LOCK_RENEWAL_S, self.renew_locks),
            (60, self.retain),
            (3600, self.collect),
        )

    async def sweep_all(self) -> None:
        """Sweep what has expired; go on while there is more, one bite a turn of the writer."""
        self.last_sweep_ms = self._store.clock.steady_ms()
        while await self.sweep():
            pass

    async def sweep(self) -> bool:
        """One bite. True if there is more."""
        return await self._store.sweep()

    async def promote(self) -> None:
        """Make due messages ready; the dispatcher's own timer is faster, this one is sure."""
        due = await self._store.read(queues.next_due)
        now = self._store.clock.steady_ms()
        while due is not None and due <= now and await self._store.write(lambda tx: queues.promote(tx, now)):
            pass

    async def renew_locks(self) -> None:
        """Hold on to the documents of every trace that is still at work."""
        wall = self._store.clock.wall_ms()
        await self._store.write(lambda tx: locks.renew_live(tx, wall, LOCK_MS))

    async def retain(self) -> None:
        """Old messages to the dead letters, the bin's oldest away, free pages back to the disk."""
        now = self._store.clock.steady_ms()
        await self._store.write(lambda tx: sweep.retain(tx, now))
        await self._store.write(lambda tx: bin.empty(tx, now, sweep.BATCH))
        await self._store.write(sweep.vacuum)

    async def collect(self) -> None:
        """Blobs that nothing names go to the trash; what lay there for an hour goes away."""
        await self._store.collect()

    def _note(self, event: Any) -> None:
        error = getattr(event, "exception", None)
        self.incidents.append(Incident(event.job_id, EVENTS[event.code], None if error is None else str(error)))
