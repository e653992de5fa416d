"""The floor of free space: below it no file is begun, so that what was acknowledged can be finished.

Waiting ends by itself. The disk cannot say when there is room again, so it is asked once in a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.errors import NoRoomForFile, NoSpace
from store.space import MIB, Room, Space

#: Seconds between two questions while a job waits.
LOOK_S = 1.0


class Floor:
    """Says whether a file may be begun. Without a `space` the disk is not asked."""

    def __init__(self, space: Space | None) -> None:
        self._space = space
        #: Why intake waits, while it does.
        self.lack: NoSpace | None = None

    def check(self, begun: int = 0, size: int = 0) -> NoSpace | None:
        """Why no file of `size` bytes may be begun, if so; `begun` bytes are being written. The ballast is released where the disk says so."""
        if self._space is None:
            return None
        room = self._space.relieve()
        self.lack = lacking(self._space, room, begun, size)
        return self.lack

    def never(self, path: Path, size: int) -> NoRoomForFile | None:
        """Why a file cannot be taken even if everything else were gone, if so."""
        if self._space is None or not size:
            return None
        room = self._space.look()
        if size + room.floor <= room.total or size <= room.floor:
            return None
        needed, floor, total = -(-size // MIB), -(-room.floor // MIB), room.total // MIB
        return NoRoomForFile(f"{path} does not fit: it has {needed} MB, and {floor} MB must stay free on a disk of {total} MB.")

    @property
    def ample(self) -> bool:
        """Whether the disk itself says that there is room."""
        return self._space is not None and not self._space.look().low

    async def back(self, size: int, meanwhile: Callable[[], Awaitable[None]]) -> None:
        """Return when there is room for a file of `size` bytes; `meanwhile` is done before each further question."""
        while self.check(size=size) is not None:
            await meanwhile()
            await asyncio.sleep(LOOK_S)


def lacking(space: Space, room: Room, begun: int = 0, size: int = 0) -> NoSpace | None:
    """Why intake waits in this room, if it does. What is larger than the floor (of a small disk) must leave it free."""
    free = room.free - begun
    needed = room.needed + (size if size > room.floor else 0)
    if free >= needed:
        return None
    return NoSpace(f"{space.directory} has {max(free, 0) // MIB} MB free; intake waits below {-(-needed // MIB)} MB.")
