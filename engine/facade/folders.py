"""Carrying out commands on folders: which are watched, and how far backfills are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from engine.errors import BadInput, NotWatched
from engine.facade import commands, tenants
from engine.facade.commands import CommandResult
from engine.intake.intake import Intake
from engine.intake.paths import shown
from engine.outside import Outside
from engine.watching import rules
from engine.watching.options import WatchOptions, encoded
from store.blobs import Blobs
from store.records import watches
from store.store import Store
from store.transaction import Transaction

#: Most files a minute that may be asked for.
FASTEST = 1_000_000


def handlers(
    store: Store, outside: Outside, intake: Intake
) -> dict[type[Any], Callable[[Any], Awaitable[CommandResult]]]:
    """A handler by the command's type."""
    folders = _Folders(store, outside, intake)
    return {
        commands.SendOn: folders.send_on,
        commands.AddWatch: folders.add,
        commands.RemoveWatch: folders.remove,
        commands.BeginBackfill: folders.begin_backfill,
        commands.NoteBackfill: folders.note_backfill,
    }


class _Folders:
    def __init__(self, store: Store, outside: Outside, intake: Intake) -> None:
        self._store = store
        self._clock = outside.clock
        self._intake = intake

    async def send_on(self, command: commands.SendOn) -> CommandResult:
        await self._intake.send_on(command.job)
        return CommandResult(done=1)

    async def add(self, command: commands.AddWatch) -> CommandResult:
        tenants.refuse(command.tenant)
        # Where its links lead today is what the person means; watching follows none.
        directory = rules.led_to(command.directory)
        options = WatchOptions(ignore=command.ignore, move_to=None if command.move_to is None else rules.led_to(command.move_to))
        others = await self._store.read(watches.everyone)
        rules.check(directory, options, data_directory(self._store.blobs), others)
        wall = self._clock.wall_ms()
        await self._store.write(lambda tx: watches.put(tx, wall, directory, command.tenant, encoded(options)))
        return CommandResult(done=1, data={"directory": shown(directory)})

    async def remove(self, command: commands.RemoveWatch) -> CommandResult:
        def operation(tx: Transaction) -> bool:
            row = rules.named(tx, command.directory)
            return row is not None and watches.remove(tx, row.directory)

        _known(command.directory, await self._store.write(operation))
        return CommandResult(done=1)

    async def begin_backfill(self, command: commands.BeginBackfill) -> CommandResult:
        if command.rate is not None and not 0 < command.rate <= FASTEST:
            raise BadInput(f"A rate is 1 to {FASTEST} files a minute.")
        wall = self._clock.wall_ms()
        one = command

        def operation(tx: Transaction) -> None:
            watches.begin_backfill(tx, wall, one.job, one.tenant, one.directory, one.rate, one.found)

        await self._store.write(operation)
        return CommandResult(done=1)

    async def note_backfill(self, command: commands.NoteBackfill) -> CommandResult:
        wall = self._clock.wall_ms()

        def operation(tx: Transaction) -> None:
            watches.note_backfill(tx, command.job, command.taken, command.known, command.refused)
            if command.ended:
                watches.end_backfill(tx, wall, command.job)

        await self._store.write(operation)
        return CommandResult(done=1)


def _known(directory: bytes, found: bool) -> None:
    if not found:
        raise NotWatched(f"{shown(directory)} is not watched.")


def data_directory(blobs: Blobs) -> Path:
    """Where the store lies: blobs lie two folders below it."""
    return blobs.path(bytes(32)).absolute().parents[2]
