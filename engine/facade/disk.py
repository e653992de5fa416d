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


def disk(directory: Path) -> DiskView:
    """How much room there is for a data directory. Raises `Unwritable` if the disk cannot be asked."""
    space = Space(directory)
    room = space.look()
    return DiskView(free_mb=room.free // MIB, needed_mb=-(-room.needed // MIB), error=lacking(space, room))
