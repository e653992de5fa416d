"""A database that is damaged is moved aside, whole, and never silently replaced by an empty one.

`<data-dir>/quarantine/<time>/` takes the database with its WAL and the blobs its rows name: an engine that started without those rows would
collect them as orphans. Nothing in it is changed or removed by Nexus. As long as there is no database beside a quarantine, every start is
refused: a restore or a person who wants an empty start ends that.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from store.connection import SYNCHRONOUS
from store.errors import Damaged, NotFound, NotNexus, Quarantined
from store.files import disk_error, size_of, sync
from store.inspection import inspect
from store.store import BLOBS, DATABASE, Clock, Store

QUARANTINE = "quarantine"
#: Where a backup is unpacked until it is put in its place.
STAGING = "restoring"
#: What a database consists of. The file itself goes first: left without its WAL it would look whole and be older than it was.
PARTS = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal")
#: Where a database says how many pages it has, and how large they are.
PAGE_SIZE, PAGE_COUNT, HEADER = slice(16, 18), slice(28, 32), 100
#: The number of changes, and that number when the pages were counted: only where they agree does the count mean anything.
CHANGED, COUNTED = slice(24, 28), slice(92, 96)


def stamp(wall_ms: int) -> str:
    """A moment as file names carry it: UTC, to the second."""
    return f"{datetime.fromtimestamp(wall_ms // 1000, UTC):%Y%m%dT%H%M%SZ}"


async def opened(directory: Path, clock: Clock, *, cut_off: bool, synchronous: str = SYNCHRONOUS) -> Store:
    """Open the store of a directory that the caller owns; after an end that was `cut_off` its pages are looked over first (a second a GB).

    Raises `Quarantined` for a database that is damaged, after moving it aside, and where one is missing that was there.
    """
    refuse_lost(directory)
    # Of a restore that was killed: a second copy of what is in its archive, which no erasure would reach.
    shutil.rmtree(directory / STAGING, ignore_errors=True)
    path = directory / DATABASE
    if path.is_dir():
        raise NotNexus(f"{path} is a folder.")
    try:
        if size_of(path):
            _refuse_cut(path)
            if cut_off or size_of(directory / f"{DATABASE}-wal"):
                await _look_over(path)
        return await Store.open(directory, clock, synchronous)
    except Damaged as error:
        if not _is_ours(directory):
            raise
        aside = move_aside(directory, clock.wall_ms())
        raise Quarantined(f"The database is damaged ({error}); it was moved to {aside}.") from error


async def start_empty(directory: Path, clock: Clock) -> bool:
    """Begin anew where a database was moved aside or lost; what is left of it goes to the quarantine. True if one was missing."""
    if not is_lost(directory):
        return False
    move_aside(directory, clock.wall_ms())
    await (await Store.open(directory, clock)).close()
    return True


def is_lost(directory: Path) -> bool:
    """Whether there is no database where there was one."""
    if size_of(directory / DATABASE):
        return False
    return any((directory / QUARANTINE).glob(f"*/{DATABASE}")) or has_blobs(directory)


def refuse_lost(directory: Path) -> None:
    """Raise `Quarantined` where there is no database and something says that there was one."""
    if not is_lost(directory):
        return
    if newest := max((directory / QUARANTINE).glob(f"*/{DATABASE}"), default=None):
        raise Quarantined(f"There is no database in {directory}: the last one was moved to {newest.parent}.")
    raise Quarantined(f"There is no database in {directory}, but there are files of documents in {directory / BLOBS}.")


def has_blobs(directory: Path) -> bool:
    """Whether any blob lies there; temporary files and the trash are none."""
    with suppress(OSError):
        return any(len(folder.name) == 2 and any(folder.iterdir()) for folder in (directory / BLOBS).iterdir())
    return False


def move_aside(directory: Path, wall_ms: int) -> Path | None:
    """Move what there is of a database and its blobs into a new folder of the quarantine. Returns that, `None` if there was nothing."""
    present = [name for name in (*PARTS, BLOBS) if (directory / name).exists()]
    if not present:
        return None
    try:
        (directory / QUARANTINE).mkdir(mode=0o700, exist_ok=True)
        folder = _new_folder(directory / QUARANTINE / stamp(wall_ms))
        for name in present:
            (directory / name).rename(folder / name)
        for changed in (folder, directory / QUARANTINE, directory):
            sync(changed)
    except OSError as error:
        raise disk_error(error, directory) from error
    return folder


async def _look_over(path: Path) -> None:
    try:
        problems = (await inspect(path)).problems
    except NotFound:
        return
    if problems:
        raise Damaged("; ".join(problems)[:300])


def _refuse_cut(path: Path) -> None:
    """Raise `Damaged` if the file is shorter than its header says, which SQLite itself may notice only once it needs the end."""
    with path.open("rb") as file:
        header = file.read(HEADER)
    pages, size = int.from_bytes(header[PAGE_COUNT], "big"), int.from_bytes(header[PAGE_SIZE], "big")
    if header[CHANGED] != header[COUNTED]:
        return
    # With a WAL beside it, the pages that the file lacks may lie there.
    if not size_of(path.with_name(f"{path.name}-wal")) and pages * (65536 if size == 1 else size) > size_of(path):
        raise Damaged("The file is shorter than it says.")


def _is_ours(directory: Path) -> bool:
    """Whether a file under the database's name that is no database can have been one: something of Nexus lies beside it."""
    return (directory / BLOBS).is_dir()


def _new_folder(wanted: Path) -> Path:
    number = 1
    while True:
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return folder
