"""Watched folders: what is taken in by itself, and what stands in the way."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EngineError, NotMoved, WatchFailed, WatchGone, WatchReplaced, WatchUnreadable
from engine.facade.commands import AddWatch, CommandResult, PauseWatch, RemoveWatch
from engine.facade.reading import Executing, Reading
from engine.intake.paths import shown
from engine.outside import iso
from engine.watching.options import decoded
from engine.watching.rules import named
from store.driver import Connection
from store.records import watches
from store.records.watches import Watch

#: What may be in the way of a folder, by code.
ALARMS: dict[str, type[EngineError]] = {one.code: one for one in (WatchGone, WatchReplaced, WatchUnreadable, NotMoved, WatchFailed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """What is in the way of a watched folder, what to do, and since when."""

    code: str
    title: str
    message: str
    hint: str
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """A watched folder. `refused` counts files that were not taken in, or not moved; `state` is watching, paused or alarm."""

    directory: str
    tenant: str
    state: str
    ignore: tuple[str, ...]
    move_to: str | None
    taken: int
    refused: int
    scanned_ms: int | None
    created_ms: int
    alarm: AlarmView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleView:
    """A file of a watched folder that was not taken in, or not moved, and why."""

    file: str
    doc_id: str | None
    code: str
    message: str
    at_ms: int


class WatchedFolders:
    """Queries and commands on watched folders; a folder is named by its absolute path."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def everyone(self) -> tuple[WatchView, ...]:
        """All of them, oldest first."""

        def query(connection: Connection) -> tuple[WatchView, ...]:
            return tuple(_view(row, watches.troubled(connection, row.id)) for row in watches.everyone(connection))

        return await self._reading.read(query)

    async def troubles(self, directory: Path, limit: int = 1000) -> tuple[TroubleView, ...] | None:
        """Files of a folder that were not taken in, or not moved, the newest first; `None` if it is not watched."""

        def query(connection: Connection) -> tuple[TroubleView, ...] | None:
            row = named(connection, os.fsencode(directory))
            if row is None:
                return None
            return tuple(
                TroubleView(
                    file=shown(one.path),
                    doc_id=one.doc,
                    code=one.error_code or "",
                    message=one.error or "",
                    at_ms=one.at,
                )
                for one in watches.troubles(connection, row.id, limit)
            )

        return await self._reading.read(query)

    async def alarms(self) -> tuple[WatchView, ...]:
        """Folders that something stands in the way of; cheap."""

        def query(connection: Connection) -> tuple[WatchView, ...]:
            return tuple(
                _view(row, 0) for row in watches.everyone(connection) if row.alarm_code is not None and not row.paused
            )

        return await self._reading.read(query)

    async def add(
        self, directory: Path, tenant: str, *, ignore: Sequence[str] = (), move_to: Path | None = None
    ) -> CommandResult:
        """Watch a folder, or change how it is watched."""
        target = None if move_to is None else os.fsencode(move_to)
        return await self._execute(
            AddWatch(directory=os.fsencode(directory), tenant=tenant, ignore=tuple(ignore), move_to=target)
        )

    async def remove(self, directory: Path) -> CommandResult:
        """Watch a folder no more."""
        return await self._execute(RemoveWatch(directory=os.fsencode(directory)))

    async def pause(self, directory: Path, *, paused: bool) -> CommandResult:
        """Take nothing more from a folder, or go on."""
        return await self._execute(PauseWatch(directory=os.fsencode(directory), paused=paused))

    async def _execute(self, command: AddWatch | RemoveWatch | PauseWatch) -> CommandResult:
        result: CommandResult = await self._executing.execute(command)
        return result


def _view(row: Watch, refused: int) -> WatchView:
    options = decoded(row.options)
    alarm = None
    if row.alarm_code is not None:
        kind = ALARMS.get(row.alarm_code, WatchFailed)
        alarm = AlarmView(
            code=row.alarm_code, title=kind.title, message=row.alarm or "", hint=kind.hint, since_ms=row.alarm_at or 0
        )
    return WatchView(
        directory=shown(row.directory), tenant=row.tenant, state="paused" if row.paused else ("watching" if alarm is None else "alarm"),
        ignore=options.ignore, move_to=None if options.move_to is None else shown(options.move_to), taken=row.taken, refused=refused,
        scanned_ms=row.scanned, created_ms=row.created, alarm=alarm,
    )  # fmt: skip


def watch_object(view: WatchView) -> dict[str, Any]:
    """A watched folder as `--json` tells it."""
    return {
        "directory": view.directory, "tenant": view.tenant, "state": view.state, "ignore": list(view.ignore), "moveTo": view.move_to,
        "taken": view.taken, "refused": view.refused, "scannedAt": None if view.scanned_ms is None else iso(view.scanned_ms),
        "createdAt": iso(view.created_ms), "alarm": None if view.alarm is None else alarm_object(view.alarm),
    }  # fmt: skip


def alarm_object(view: AlarmView) -> dict[str, Any]:
    """An alarm as `--json` tells it."""
    return {"code": view.code, "title": view.title, "message": view.message, "hint": view.hint, "since": iso(view.since_ms)}


def trouble_object(view: TroubleView) -> dict[str, Any]:
    """A file that was not taken in as `--json` tells it."""
    return {"file": view.file, "docId": view.doc_id, "code": view.code, "message": view.message, "at": iso(view.at_ms)}
