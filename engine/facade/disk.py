"""The disk as faces show it: what is free, what intake needs, and the error it waits with. Asked of the folder itself, whoever owns it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import NoSpace
from engine.intake.floor import lacking
from store.space import MIB, Space


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskView:
    """In MB, rounded to the side that is less promising."""

    free_mb: int
    needed_mb: int
    #: Why intake waits, if it does.
    error: NoSpace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageView:
    """Bytes of the database, of its write-ahead log, of the files of documents (`files` of them), and of those thrown away within the hour."""

    database: int
    wal: int
    blobs: int
    files: int
    trash: int


def storage(directory: Path) -> StorageView:
    """What a data directory takes on the disk; goes through all its files."""
    from store.footprint import footprint, stored

    size, blobs = footprint(directory), stored(directory)
    return StorageView(database=size.database, wal=size.wal, blobs=blobs.bytes, files=blobs.files, trash=blobs.trash)


def disk(directory: Path) -> DiskView:
    """How much room there is for a data directory. Raises `Unwritable` if the disk cannot be asked."""
    space = Space(directory)
    room = space.look()
    return DiskView(free_mb=room.free // MIB, needed_mb=-(-room.needed // MIB), error=lacking(space, room))
