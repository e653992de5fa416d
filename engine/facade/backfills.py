"""Mass backfills: how far they are, which files they need not take again, and pausing them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.facade.commands import BeginBackfill, CommandResult, NoteBackfill, PauseBackfills, SendOn
from engine.facade.reading import Executing, Reading
from engine.intake.paths import files, told
from engine.outside import iso
from store.driver import Connection
from store.records import jobs, watches
from store.records.watches import Backfill

#: A file that was touched this shortly before it was taken in, or later, is taken again: what was read may have been older, in ms.
MARGIN_MS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillView:
    """A backfill. `found` files lie in the folder; `known` were there already, `refused` cannot be taken, `taken` were taken in now.

    `state` is running, paused or ended; `rate` is files a minute, `per_minute` what it was so far. `finished` documents are at their end, and in
    `eta_ms` all will be.
    """

    job_id: str
    tenant: str
    directory: str
    state: str
    rate: int | None
    found: int
    known: int
    refused: int
    taken: int
    finished: int
    per_minute: int
    eta_ms: int | None
    began_ms: int
    ended_ms: int | None


class Backfills:
    """Queries and commands on backfills."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def recent(self, limit: int = 20) -> tuple[BackfillView, ...]:
        """The newest ones."""
        now = self._reading.wall_ms()

        def query(connection: Connection) -> tuple[BackfillView, ...]:
            return tuple(_view(connection, row, now) for row in watches.backfills(connection, limit))

        return await self._reading.read(query)

    async def find(self, job: str) -> BackfillView | None:
        """A backfill by its job."""
        now = self._reading.wall_ms()

        def query(connection: Connection) -> BackfillView | None:
            row = watches.find_backfill(connection, job)
            return None if row is None else _view(connection, row, now)

        return await self._reading.read(query)

    async def paused(self, job: str) -> bool:
        """Whether a backfill is to take nothing more in for now."""

        def query(connection: Connection) -> bool:
            row = watches.find_backfill(connection, job)
            return row is not None and bool(row.paused)

        return await self._reading.read(query)

    def files(self, directory: Path) -> Iterator[Path]:
        """Every file below a folder, as intake walks it, those included that it will refuse. Reads the disk: not on the loop."""
        return (found.path for found in files([directory]))

    async def known(self, tenant: str, paths: Sequence[Path]) -> frozenset[Path]:
        """Which of these files an earlier backfill has taken in as they are now. They must be absolute."""
        shown = {path: told(path) for path in paths}
        found = await self._reading.read(
            lambda connection: watches.backfilled(connection, tenant, list(shown.values()))
        )
        return frozenset(path for path, text in shown.items() if text in found and _as_then(path, text, *found[text]))

    async def begin(self, job: str, tenant: str, directory: Path, found: int, rate: int | None) -> CommandResult:
        """An open job begins to take a folder in."""
        return await self._execute(
            BeginBackfill(job=job, tenant=tenant, directory=os.fsencode(directory), found=found, rate=rate)
        )

    async def send_on(self, job: str) -> None:
        """What is taken in so far goes on its way."""
        await self._execute(SendOn(job=job))

    async def note(self, job: str, taken: int, known: int, refused: int, *, ended: bool = False) -> None:
        """How far it is."""
        await self._execute(NoteBackfill(job=job, taken=taken, known=known, refused=refused, ended=ended))

    async def pause(self, directory: Path | None, *, paused: bool) -> CommandResult:
        """Pause the backfills under way, of one folder or all, or let them go on."""
        wanted = None if directory is None else os.fsencode(directory)
        return await self._execute(PauseBackfills(directory=wanted, paused=paused))

    async def _execute(self, command: BeginBackfill | SendOn | NoteBackfill | PauseBackfills) -> CommandResult:
        result: CommandResult = await self._executing.execute(command)
        return result


def _as_then(path: Path, text: str, size: int, taken_ms: int) -> bool:
    """Whether a file is as it was when it was taken in. Where its name is no UTF-8 it may be another one."""
    try:
        status = path.stat()
    except OSError:
        return False
    touched_ms = max(status.st_mtime_ns, status.st_ctime_ns) // 1_000_000
    return "\ufffd" not in text and status.st_size == size and touched_ms < taken_ms - MARGIN_MS


def _view(connection: Connection, row: Backfill, now: int) -> BackfillView:
    job = jobs.find(connection, row.job)
    passed = max(1, (row.ended or now) - row.began)
    finished = 0 if job is None else job.finished
    coming = max(0, row.found - row.taken - row.known - row.refused) + (0 if job is None else job.total - job.finished)
    return BackfillView(
        job_id=row.job, tenant=row.tenant, directory=told(Path(os.fsdecode(row.directory))),
        state="ended" if row.ended is not None else ("paused" if row.paused else "running"), rate=row.rate, found=row.found, known=row.known,
        refused=row.refused, taken=row.taken, finished=finished, per_minute=row.taken * 60_000 // passed,
        eta_ms=None if row.ended is not None or not finished else coming * passed // finished, began_ms=row.began, ended_ms=row.ended,
    )  # fmt: skip


def backfill_object(view: BackfillView) -> dict[str, Any]:
    """A backfill as `--json` tells it."""
    return {
        "jobId": view.job_id, "tenant": view.tenant, "directory": view.directory, "state": view.state, "rate": view.rate, "found": view.found,
        "known": view.known, "refused": view.refused, "taken": view.taken, "finished": view.finished, "perMinute": view.per_minute,
        "etaMs": view.eta_ms, "beganAt": iso(view.began_ms), "endedAt": None if view.ended_ms is None else iso(view.ended_ms),
    }  # fmt: skip
