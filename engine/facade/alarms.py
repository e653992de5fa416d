"""Alarms: what somebody should look at now, by thresholds that are settings. Raised on every face, in `/readyz`, and once each in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DeadLettersWait, DiskLow, EngineError, QueueStalled
from engine.facade.configuration import configuration, rows
from engine.facade.disk import disk
from engine.facade.queues import Queues, QueueView
from engine.facade.reading import Reading
from engine.facade.watches import ALARMS, WatchedFolders
from engine.telemetry.journal import Journal, Level
from store.errors import StoreError
from store.store import DATABASE

#: Seconds between two looks.
LOOK_S = 5.0
#: The alarm that the store takes no changes.
STORE = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm: what it is about, in short, and the error that tells the rest; the limit is 0 where there is none."""

    kind: str
    subject: str
    observed: int
    limit: int
    error: EngineError | StoreError


class Alarms:
    """The alarms that stand, by what the settings say at this moment."""

    def __init__(self, reading: Reading, directory: Path, queues: Queues, watches: WatchedFolders) -> None:
        self._reading = reading
        self._directory = directory
        self._queues = queues
        self._watches = watches

    async def raised(self) -> tuple[Alarm, ...]:
        """All of them, the same order every time."""
        settings = configuration(self._directory, live=await self._reading.read(rows))
        queues = await self._queues.everyone()
        found = [
            *_waiting(queues, settings.number("alarms.queue_age_s")),
            *_dead(queues, settings.number("alarms.dead_letters")),
            *_room(self._directory, settings.number("alarms.disk_mb")),
        ]
        for watch in await self._watches.alarms():
            if watch.alarm is not None:
                kind = ALARMS.get(watch.alarm.code, EngineError)
                found.append(Alarm(kind="watch", subject=watch.directory, observed=0, limit=0, error=kind(watch.alarm.message)))
        return tuple(found)


class Bell:
    """Looks every 5 s, and tells the log when an alarm begins and when it is over.

    `trouble` says why the store takes no changes at this moment: the log must tell also what cannot be read back from the database.
    """

    def __init__(self, alarms: Alarms, journal: Journal, trouble: Callable[[], StoreError | None]) -> None:
        self._alarms = alarms
        self._journal = journal
        self._trouble = trouble
        self._standing: dict[tuple[str, str], Alarm] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """One look. A kind of alarm for a subject is told once, however long it stands."""
        try:
            raised = {(alarm.kind, alarm.subject): alarm for alarm in await self._alarms.raised()}
        except StoreError:
            # What cannot be asked for stands on; that it cannot be, whoever needs it tells.
            raised = {key: alarm for key, alarm in self._standing.items() if alarm.kind != STORE}
        if (trouble := self._trouble()) is not None:
            raised[STORE, DATABASE] = Alarm(kind=STORE, subject=DATABASE, observed=0, limit=0, error=trouble)
        for key, alarm in raised.items():
            if key not in self._standing:
                self._tell(Level.WARNING, "alarm.raised", str(alarm.error), alarm)
        for key, alarm in self._standing.items():
            if key not in raised:
                self._tell(Level.INFO, "alarm.cleared", "The alarm is over.", alarm)
        self._standing = raised

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    def _tell(self, level: Level, event: str, message: str, alarm: Alarm) -> None:
        error = alarm.error
        self._journal.log(
            level, event, message, kind=alarm.kind, subject=alarm.subject, observed=alarm.observed, limit=alarm.limit, code=error.code, hint=error.hint
        )  # fmt: skip


def told(alarm: Alarm) -> dict[str, Any]:
    """An alarm as JSON output has it."""
    error = alarm.error
    return {
        "kind": alarm.kind, "subject": alarm.subject, "observed": alarm.observed, "limit": alarm.limit, "code": error.code, "title": error.title,
        "message": str(error), "hint": error.hint,
    }  # fmt: skip


def _waiting(queues: tuple[QueueView, ...], limit_s: int) -> list[Alarm]:
    if not limit_s:
        return []
    return [
        Alarm(
            kind="queue_age", subject=queue.name, observed=queue.oldest_age // 1000, limit=limit_s,
            error=QueueStalled(f"The oldest message of {queue.name} has waited {queue.oldest_age // 1000} s."),
        )
        for queue in queues
        if queue.oldest_age is not None and queue.oldest_age >= limit_s * 1000
    ]  # fmt: skip


def _dead(queues: tuple[QueueView, ...], limit: int) -> list[Alarm]:
    dead = sum(queue.dead for queue in queues)
    if not limit or dead < limit:
        return []
    return [Alarm(kind="dead_letters", subject="dlq", observed=dead, limit=limit, error=DeadLettersWait(f"There are {dead} dead letters."))]


def _room(directory: Path, limit_mb: int) -> list[Alarm]:
    free = disk(directory).free_mb
    if not limit_mb or free >= limit_mb:
        return []
    return [Alarm(kind="disk", subject=str(directory), observed=free, limit=limit_mb, error=DiskLow(f"{free} MB are free."))]
