"""Backups and restores as faces ask for them. They are no command to the owner: a backup reads beside it, a restore needs the directory for itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.errors import NoData
from engine.outside import SystemClock
from store import backup, quarantine, restoring
from store.backup import Stopping
from store.errors import NotFound
from store.owner import Ownership

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupView:
    """A backup that was read back whole; `lacking` are blobs that were missing or damaged in the data directory, by sha256."""

    file: str
    bytes: int
    schema: int
    documents: int
    blobs: int
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreView:
    """What was brought back from `file`; `aside` is where the data before it lies, if there was any."""

    file: str
    made_ms: int
    schema: int
    documents: int
    blobs: int
    lacking: tuple[str, ...]
    aside: str | None


async def back_up(directory: Path, target: Path | None = None) -> BackupView:
    """Save a data directory, whether an engine runs on it or not: to a file, into a folder, or into its own `backups/`. Raises `NoData`."""
    wall = SystemClock().wall_ms()
    try:
        made = await _aside(lambda stopping: backup.back_up(directory, target, wall, stopping))
    except NotFound as error:
        raise NoData(f"There is no data in {directory}.") from error
    manifest = made.manifest
    return BackupView(
        file=str(made.path.absolute()), bytes=made.size, schema=manifest.schema, documents=manifest.documents, blobs=manifest.blobs,
        lacking=manifest.lacking,
    )  # fmt: skip


async def restore(directory: Path, source: Path | None = None, *, replace: bool = False) -> RestoreView:
    """Bring a backup back: a file, or the newest of a folder, by default of the directory's own. Raises `Owned` while an engine runs there."""
    archive = source or directory / backup.FOLDER
    if archive.is_dir() or source is None:
        archive = backup.newest(archive)
    with backup.opened(archive) as packed:
        # What cannot be a backup is refused before a directory is made for it.
        backup.manifest_of(packed, archive)
    ownership = Ownership.take(directory)
    try:
        wall = SystemClock().wall_ms()
        done = await _aside(lambda stopping: restoring.restore(archive, directory, wall, replace=replace, stopping=stopping))
    finally:
        ownership.release()
    manifest = done.manifest
    return RestoreView(
        file=str(archive.absolute()), made_ms=manifest.made_ms, schema=manifest.schema, documents=manifest.documents, blobs=manifest.blobs,
        lacking=manifest.lacking, aside=None if done.aside is None else str(done.aside),
    )  # fmt: skip


async def start_empty(directory: Path) -> bool:
    """Begin anew where the database was moved aside or lost. True if it was; a database that is there stays."""
    if not directory.is_dir():  # noqa: ASYNC240
        return False
    ownership = Ownership.take(directory)
    try:
        return await quarantine.start_empty(directory, SystemClock())
    finally:
        ownership.release()


async def _aside(work: Callable[[Stopping], T]) -> T:
    """Run blocking work on a thread; a cancellation calls it off and waits until nothing is left of it."""
    called_off = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, called_off.is_set))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        called_off.set()
        with suppress(Exception):
            await task
        raise
